/** Panels that hang on a control: the free popover and the menu. */
import { DropdownMenu, ContextMenu as RadixContextMenu, Popover as RadixPopover } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";
import { cx } from "./cx";
import { Kbd } from "./kbd";

const panel =
  "z-40 animate-pop rounded-popover bg-raised p-1 text-body text-text shadow-popover outline-none";

export const Popover = RadixPopover.Root;
export const PopoverTrigger = RadixPopover.Trigger;
export const PopoverAnchor = RadixPopover.Anchor;
export const PopoverClose = RadixPopover.Close;
export function PopoverContent({
  className,
  ...rest
}: ComponentProps<typeof RadixPopover.Content>) {
  return (
    <RadixPopover.Portal>
      <RadixPopover.Content
        sideOffset={6}
        collisionPadding={8}
        className={cx(panel, className)}
        {...rest}
      />
    </RadixPopover.Portal>
  );
}

/**
 * Not modal: hiding the rest of the page from assistive technology while it can still hold the focus
 * would break the page for exactly those who need it.
 */
export function Menu(props: ComponentProps<typeof DropdownMenu.Root>) {
  return <DropdownMenu.Root modal={false} {...props} />;
}
export const MenuTrigger = DropdownMenu.Trigger;
export function MenuContent({ className, ...rest }: ComponentProps<typeof DropdownMenu.Content>) {
  return (
    <DropdownMenu.Portal>
      <DropdownMenu.Content
        sideOffset={6}
        collisionPadding={8}
        className={cx(
          panel,
          "max-h-(--radix-dropdown-menu-content-available-height) min-w-48 overflow-y-auto",
          className,
        )}
        {...rest}
      />
    </DropdownMenu.Portal>
  );
}

export interface MenuItemProps extends ComponentProps<typeof DropdownMenu.Item> {
  icon?: ReactNode;
  shortcut?: string;
  hint?: ReactNode;
  danger?: boolean;
  checked?: boolean;
}

const itemClass = (danger: boolean | undefined, className: string | undefined) =>
  cx(
    "flex min-h-8 cursor-default items-center gap-2.5 rounded-control px-2 py-1.5 outline-none select-none data-highlighted:bg-hover pointer-coarse:min-h-11",
    "data-disabled:opacity-50",
    danger && "text-danger",
    className,
  );

export function MenuItem({ danger, className, ...rest }: MenuItemProps) {
  const { icon, shortcut, hint, checked, children, ...props } = rest;
  return (
    <DropdownMenu.Item className={itemClass(danger, className)} {...props}>
      <ItemBody {...{ icon, shortcut, hint, checked, children }} />
    </DropdownMenu.Item>
  );
}

type ItemBodyProps = Pick<MenuItemProps, "icon" | "shortcut" | "hint" | "checked" | "children">;

function ItemBody({ icon, shortcut, hint, checked, children }: ItemBodyProps) {
  return (
    <>
      {icon ? (
        <span className="flex size-4 items-center justify-center text-text-2">{icon}</span>
      ) : null}
      <span className="min-w-0 flex-1">
        <span className="block truncate">{children}</span>
        {hint ? <span className="block text-micro text-text-3">{hint}</span> : null}
      </span>
      {checked ? (
        <svg viewBox="0 0 16 16" className="size-4 text-accent" aria-hidden="true">
          <path
            d="m3.5 8.5 3 3 6-7"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.75"
            strokeLinecap="round"
            strokeLinejoin="round"
          />
        </svg>
      ) : null}
      {shortcut ? <Kbd keys={shortcut} className="text-text-3 pointer-coarse:hidden" /> : null}
    </>
  );
}
export function MenuSeparator() {
  return <DropdownMenu.Separator className="mx-1 my-1 h-px bg-line" />;
}
export function MenuLabel({ children }: { children: ReactNode }) {
  return (
    <DropdownMenu.Label className="px-2 pt-2 pb-1 text-micro font-medium text-text-3">
      {children}
    </DropdownMenu.Label>
  );
}

/** A menu that opens where the pointer is. Not modal, like the others. */
export function ContextMenu(props: ComponentProps<typeof RadixContextMenu.Root>) {
  return <RadixContextMenu.Root modal={false} {...props} />;
}
export const ContextMenuTrigger = RadixContextMenu.Trigger;
export function ContextMenuContent({
  className,
  ...rest
}: ComponentProps<typeof RadixContextMenu.Content>) {
  return (
    <RadixContextMenu.Portal>
      <RadixContextMenu.Content
        collisionPadding={8}
        className={cx(panel, "min-w-48", className)}
        {...rest}
      />
    </RadixContextMenu.Portal>
  );
}
export function ContextMenuItem({ danger, className, ...rest }: MenuItemProps) {
  const { icon, shortcut, hint, checked, children, ...props } = rest;
  return (
    <RadixContextMenu.Item className={itemClass(danger, className)} {...props}>
      <ItemBody {...{ icon, shortcut, hint, checked, children }} />
    </RadixContextMenu.Item>
  );
}
