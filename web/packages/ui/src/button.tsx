/** Buttons in four weights, and the square icon button whose label is also its tooltip. */
import type { ComponentProps, ReactNode } from "react";
import { cx } from "./cx";
import { Tooltip } from "./tooltip";

export type ButtonKind = "primary" | "secondary" | "ghost" | "danger" | "note";
export type ButtonSize = "small" | "medium" | "large";

const kinds: Record<ButtonKind, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover font-medium",
  secondary:
    "bg-raised text-text hover:bg-hover font-medium shadow-[inset_0_0_0_1px_var(--line)] hover:shadow-[inset_0_0_0_1px_var(--control)]",
  ghost:
    "text-text-2 hover:bg-hover hover:text-text font-medium data-[state=open]:bg-hover data-[state=open]:text-text",
  danger: "bg-danger text-bg hover:opacity-90 font-medium",
  note: "bg-note-text text-note-bg hover:opacity-90 font-medium",
};
const sizes: Record<ButtonSize, string> = {
  small: "h-7 px-2 text-small gap-1",
  medium: "h-8 px-3 text-body gap-1.5",
  large: "h-10 px-4 text-body gap-2",
};

export interface ButtonProps extends ComponentProps<"button"> {
  kind?: ButtonKind;
  size?: ButtonSize;
  busy?: boolean;
}

export function Button({
  kind = "secondary",
  size = "medium",
  busy = false,
  className,
  disabled,
  children,
  type = "button",
  onClick,
  ...rest
}: ButtonProps) {
  return (
    <button
      type={type}
      className={cx(
        "inline-flex shrink-0 items-center justify-center rounded-control whitespace-nowrap transition-colors duration-75 select-none",
        "disabled:opacity-50 aria-busy:opacity-50 pointer-coarse:min-h-11",
        sizes[size],
        kinds[kind],
        className,
      )}
      disabled={disabled}
      // A button that is disabled while it works would lose the focus.
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      {...rest}
    >
      {busy ? <Spinner className="size-3.5" /> : null}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<ComponentProps<"button">, "children"> {
  label: string;
  icon: ReactNode;
  shortcut?: string;
  pressed?: boolean;
  size?: "small" | "medium" | "large";
  /** Why the control cannot be used now; shown in the tooltip and to assistive technology. */
  reason?: string | null;
  side?: "top" | "bottom" | "left" | "right";
}

const squares = { small: "size-7", medium: "size-8", large: "size-10" };

export function IconButton({
  label,
  icon,
  shortcut,
  pressed,
  size = "medium",
  reason,
  side,
  className,
  onClick,
  ...rest
}: IconButtonProps) {
  return (
    <Tooltip label={reason ?? label} shortcut={reason ? undefined : shortcut} side={side}>
      <button
        type="button"
        aria-label={label}
        aria-pressed={pressed}
        aria-disabled={reason ? true : undefined}
        aria-description={reason ?? undefined}
        onClick={reason ? undefined : onClick}
        className={cx(
          "inline-flex shrink-0 items-center justify-center rounded-control text-text-2 transition-colors duration-75 hover:bg-hover hover:text-text",
          "disabled:opacity-40 aria-disabled:cursor-not-allowed aria-disabled:opacity-40 data-[state=open]:bg-hover data-[state=open]:text-text pointer-coarse:min-h-11 pointer-coarse:min-w-11",
          pressed && "bg-accent-soft text-accent-text",
          squares[size],
          className,
        )}
        {...rest}
      >
        {icon}
      </button>
    </Tooltip>
  );
}

export function Spinner({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 16 16" className={cx("size-4 animate-spin", className)} aria-hidden="true">
      <circle
        cx="8"
        cy="8"
        r="6"
        fill="none"
        stroke="currentColor"
        strokeOpacity=".25"
        strokeWidth="2"
      />
      <path
        d="M14 8a6 6 0 0 0-6-6"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
      />
    </svg>
  );
}
