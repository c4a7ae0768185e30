/** Form fields: a real label, help, and the error next to the field it belongs to. */

import { Switch as RadixSwitch } from "radix-ui";
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

export interface SwitchProps {
  label: string;
  help?: string;
  checked: boolean;
  onCheckedChange: (checked: boolean) => void;
  disabled?: boolean;
}

export function Switch({ label, help, checked, onCheckedChange, disabled }: SwitchProps) {
  const id = useId();
  return (
    <div className="flex items-start gap-3">
      <RadixSwitch.Root
        id={id}
        checked={checked}
        onCheckedChange={onCheckedChange}
        disabled={disabled}
        aria-describedby={help ? `${id}-help` : undefined}
        className="mt-px flex h-5 w-9 shrink-0 items-center rounded-full bg-control p-0.5 transition-colors duration-75 disabled:opacity-50 data-[state=checked]:bg-accent"
      >
        <RadixSwitch.Thumb className="size-4 rounded-full bg-white shadow-sm transition-transform duration-75 data-[state=checked]:translate-x-4 rtl:data-[state=checked]:-translate-x-4 dark:data-[state=checked]:bg-on-accent" />
      </RadixSwitch.Root>
      <div>
        <label htmlFor={id} className="text-body font-medium">
          {label}
        </label>
        {help ? (
          <p id={`${id}-help`} className="text-small text-text-3">
            {help}
          </p>
        ) : null}
      </div>
    </div>
  );
}
