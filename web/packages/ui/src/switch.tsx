/** Something that is on or off at once. It has an entry of its own, because the first screen needs none. */
import { Switch as RadixSwitch } from "radix-ui";
import { useId } from "react";

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
