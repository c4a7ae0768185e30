// A labelled form field with its problem beside it.
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { useView } from "./context";

interface FieldProps {
  label: string;
  required: boolean;
  problem: string | undefined;
  children: (attributes: Record<string, unknown>) => ComponentChildren;
}

export function Field({ label, required, problem, children }: FieldProps) {
  const { language } = useView();
  const id = useId();
  return (
    <div class="field">
      <label for={id}>
        <bdi>{label}</bdi>
        {!required && <small> ({language.word("optional")})</small>}
      </label>
      {children({
        id,
        "aria-required": required,
        "aria-invalid": problem !== undefined,
        "aria-describedby": problem === undefined ? undefined : `${id}-problem`,
      })}
      {problem !== undefined && (
        <p class="problem" id={`${id}-problem`}>
          {problem}
        </p>
      )}
    </div>
  );
}

/** Deliberately loose: the server decides, this only catches slips. */
export const looksLikeEmail = (value: string) => /^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(value.trim());

/** Moves to the first field that has a problem, once it has been drawn. */
export function focusFirstProblem(form: HTMLFormElement | null): void {
  requestAnimationFrame(() => form?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
}
