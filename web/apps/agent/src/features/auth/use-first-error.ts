import { useEffect } from "react";

/** Goes to the first field that was refused, which is where to go on, also for whoever only hears it. */
export function useFirstError(errors: unknown) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: each refusal is a new value.
  useEffect(() => {
    document.querySelector<HTMLElement>('main [aria-invalid="true"]')?.focus();
  }, [errors]);
}
