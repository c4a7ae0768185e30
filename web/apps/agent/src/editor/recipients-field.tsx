/** A line of mail addresses: typed, pasted, or taken away with Backspace. */
import type { Recipient } from "@rapport/api";
import { X } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";

const addressPattern = /^[^\s@<>,;"]+@[^\s@<>,;"]+\.[^\s@<>,;".]+$/;

export const isAddress = (text: string) => addressPattern.test(text);

/** Reads `Ana <ana@example.com>, bo@example.com`; what is no address comes back as the rest. */
export function parseRecipients(text: string): { found: Recipient[]; rest: string } {
  const found: Recipient[] = [];
  const rest: string[] = [];
  for (const part of text.split(/[,;\n]/)) {
    const trimmed = part.trim();
    if (!trimmed) continue;
    const named = /^"?([^"<]*)"?\s*<([^>]+)>$/.exec(trimmed);
    const address = (named?.[2] ?? trimmed).trim();
    if (isAddress(address)) found.push({ name: named?.[1]?.trim() || null, address });
    else rest.push(trimmed);
  }
  return { found, rest: rest.join(", ") };
}

export interface RecipientsFieldProps {
  label: string;
  recipients: readonly Recipient[];
  onChange: (recipients: Recipient[]) => void;
  autoFocus?: boolean;
  invalid?: boolean;
}

export function RecipientsField({
  label,
  recipients,
  onChange,
  autoFocus,
  invalid,
}: RecipientsFieldProps) {
  const { t } = useTranslation();
  const id = useId();
  const [text, setText] = useState("");
  const commit = (input: string): string => {
    const { found, rest } = parseRecipients(input);
    const known = new Set(recipients.map(({ address }) => address.toLowerCase()));
    const fresh = found.filter(({ address }) => !known.has(address.toLowerCase()));
    if (fresh.length > 0) onChange([...recipients, ...fresh]);
    return rest;
  };
  const wrong = text.trim() !== "" && parseRecipients(text).rest !== "";
  return (
    <div className="flex items-start gap-2 text-small">
      <label htmlFor={id} className="w-13 shrink-0 pt-1 text-text-3">
        {label}
      </label>
      <div className="flex min-w-0 flex-1 flex-wrap items-center gap-1 py-0.5">
        {recipients.map((recipient) => (
          <span
            key={recipient.address}
            title={recipient.address}
            className="inline-flex h-6 max-w-full items-center gap-0.5 rounded-chip bg-sunken ps-2 dark:bg-hover"
          >
            <span className="truncate">{recipient.name || recipient.address}</span>
            <button
              type="button"
              aria-label={t("recipients.remove", { name: recipient.name || recipient.address })}
              onClick={() => onChange(recipients.filter((other) => other !== recipient))}
              className="flex size-6 items-center justify-center text-text-3 hover:text-text"
            >
              <X className="size-3" />
            </button>
          </span>
        ))}
        <input
          id={id}
          // biome-ignore lint/a11y/noAutofocus: the line appears because its button was pressed.
          autoFocus={autoFocus}
          value={text}
          type="text"
          inputMode="email"
          autoComplete="off"
          aria-invalid={invalid || (wrong && document.activeElement?.id !== id) || undefined}
          onChange={(event) => {
            const { value } = event.target;
            setText(/[,;\n]/.test(value) ? commit(value) : value);
          }}
          onBlur={() => setText(commit(text))}
          onKeyDown={(event) => {
            if (event.key === "Enter" || (event.key === " " && isAddress(text.trim()))) {
              event.preventDefault();
              setText(commit(text));
            } else if (event.key === "Backspace" && text === "" && recipients.length > 0) {
              onChange(recipients.slice(0, -1));
            }
          }}
          className="h-6 min-w-28 flex-1 bg-transparent outline-none aria-invalid:text-danger max-sm:text-[16px]"
        />
      </div>
    </div>
  );
}
