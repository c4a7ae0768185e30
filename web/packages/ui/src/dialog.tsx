/** A modal window with a title. On small screens it fills the screen. */
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { IconButton } from "./button";
import { cx } from "./cx";

export interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: ReactNode;
  /** Absent where the dialog cannot be put away. */
  closeLabel?: string;
  width?: "small" | "medium" | "large";
  children: ReactNode;
  footer?: ReactNode;
  /** Keeps the dialog open when the ground beside it is pressed. */
  keepOpenOutside?: boolean;
}

/** Into the first field if there is one, else onto the window itself, never onto its close button. */
function focusFirstField(event: Event) {
  const content = event.currentTarget;
  if (!(content instanceof HTMLElement)) return;
  event.preventDefault();
  const field =
    content.querySelector<HTMLElement>("[data-first-field]") ??
    content.querySelector<HTMLElement>("input:not([type=hidden],[readonly]),textarea,select");
  (field ?? content).focus();
}

const widths = { small: "sm:max-w-md", medium: "sm:max-w-xl", large: "sm:max-w-3xl" };

export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  closeLabel,
  width = "small",
  children,
  footer,
  keepOpenOutside,
}: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-50 animate-fade bg-scrim" />
        <Radix.Content
          aria-describedby={description ? undefined : ""}
          onOpenAutoFocus={focusFirstField}
          onPointerDownOutside={keepOpenOutside ? (event) => event.preventDefault() : undefined}
          className={cx(
            "fixed z-50 flex animate-pop flex-col bg-raised text-text shadow-dialog outline-none",
            "inset-0 sm:inset-x-4 sm:inset-y-auto sm:top-[10vh] sm:mx-auto sm:max-h-[80vh] sm:rounded-popover",
            widths[width],
          )}
        >
          <header className="flex items-start gap-3 px-5 pt-4 pb-2">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-title">{title}</Radix.Title>
              {description ? (
                <Radix.Description className="mt-1 text-body text-text-2">
                  {description}
                </Radix.Description>
              ) : null}
            </div>
            {closeLabel ? (
              <Radix.Close asChild>
                <IconButton label={closeLabel} icon={<X className="size-4" />} className="-me-2" />
              </Radix.Close>
            ) : null}
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 pt-1 pb-5">{children}</div>
          {footer ? (
            <footer className="flex flex-wrap items-center justify-end gap-2 border-t border-line px-5 py-3">
              {footer}
            </footer>
          ) : null}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
