/** Form fields: a real label, help, and the error next to the field it belongs to. */

import { type ComponentProps, type ReactNode, useId } from "react";
import { cx } from "./cx";

export const controlClass =
  "w-full rounded-control bg-bg px-2.5 text-body text-text shadow-[inset_0_0_0_1px_var(--control)] outline-none transition-shadow duration-75 focus:shadow-[inset_0_0_0_2px_var(--accent)] disabled:opacity-60 aria-invalid:shadow-[inset_0_0_0_1.5px_var(--danger)] max-sm:text-[16px]";

export interface FieldProps {
  label: string;
  help?: ReactNode;
  error?: string | null;
  optional?: string;
  className?: string;
  children: (props: {
    id: string;
    "aria-describedby"?: string;
    "aria-invalid"?: boolean;
  }) => ReactNode;
}

export function Field({ label, help, error, optional, className, children }: FieldProps) {
  const id = useId();
  const describedBy = [help ? `${id}-help` : null, error ? `${id}-error` : null]
    .filter(Boolean)
    .join(" ");
  return (
    <div className={cx("flex flex-col gap-1.5", className)}>
      <label htmlFor={id} className="flex items-baseline gap-2 text-small font-medium text-text">
        {label}
        {optional ? <span className="font-normal text-text-3">{optional}</span> : null}
      </label>
      {children({
        id,
        "aria-describedby": describedBy || undefined,
        "aria-invalid": error ? true : undefined,
      })}
      {help ? (
        <p id={`${id}-help`} className="text-small text-text-3">
          {help}
        </p>
      ) : null}
      {error ? (
        <p id={`${id}-error`} className="text-small text-danger">
          {error}
        </p>
      ) : null}
    </div>
  );
}

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={cx(controlClass, "h-9 pointer-coarse:h-11", className)} {...rest} />;
}

export function Textarea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea className={cx(controlClass, "min-h-20 py-2", className)} {...rest} />;
}

export function Select({ className, children, ...rest }: ComponentProps<"select">) {
  return (
    <span className={cx("relative inline-flex w-full", className)}>
      <select
        className={cx(controlClass, "h-9 appearance-none pe-8 pointer-coarse:h-11")}
        {...rest}
      >
        {children}
      </select>
      <svg
        viewBox="0 0 16 16"
        className="pointer-events-none absolute end-2.5 top-1/2 size-4 -translate-y-1/2 text-text-3"
        aria-hidden="true"
      >
        <path
          d="m4 6 4 4 4-4"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.5"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
    </span>
  );
}
