/** Whom to write to: a known contact from the list, or an address as typed. */
import { api, type Contact } from "@rapport/api";
import { Avatar, cx, Field, IconButton, Input } from "@rapport/ui";
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useDeferredValue, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "@/data/keys";

export interface ContactChoice {
  contactId: string | null;
  label: string;
  value: string;
}
const addressPattern = /^[^\s@<>,;"]+@[^\s@<>,;"]+\.[^\s@<>,;".]+$/;

export interface ContactFieldProps {
  isMail: boolean;
  value: ContactChoice | null;
  error?: string;
  onChange: (choice: ContactChoice | null) => void;
}

const addressOf = (contact: Contact, isMail: boolean) =>
  isMail
    ? contact.email
    : (contact.addresses.find((address) => address.kind === "external")?.value ?? null);

export function ContactField({ isMail, value, error, onChange }: ContactFieldProps) {
  const { t } = useTranslation();
  const listId = useId();
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const wanted = useDeferredValue(text.trim());
  const { data } = useQuery({
    queryKey: keys.contactList(`pick ${wanted}`),
    queryFn: ({ signal }) => api.contacts({ q: wanted, limit: 6 }, signal),
    enabled: wanted.length > 1 && value === null,
  });
  const found = (wanted.length > 1 && value === null ? (data?.data ?? []) : []).flatMap(
    (contact) => {
      const address = addressOf(contact, isMail);
      return address ? [{ contact, address }] : [];
    },
  );
  const typed = isMail ? addressPattern.test(text.trim()) : text.trim().length > 0;
  const take = (entry: (typeof found)[number] | undefined) => {
    if (entry) {
      onChange({
        contactId: entry.contact.id,
        label: entry.contact.display_name,
        value: entry.address,
      });
    } else if (typed) onChange({ contactId: null, label: text.trim(), value: text.trim() });
    else return;
    setText("");
    setActive(0);
  };

  if (value) {
    return (
      <Field label={t("field.to")} error={error}>
        {(field) => (
          <div
            {...field}
            className="flex h-9 items-center gap-2 rounded-control ps-2 shadow-[inset_0_0_0_1px_var(--control)]"
          >
            <Avatar id={value.contactId ?? value.value} name={value.label} size="tiny" />
            <span className="min-w-0 flex-1 truncate">
              {value.label}
              {value.label === value.value ? null : (
                <span className="ms-2 text-text-3">{value.value}</span>
              )}
            </span>
            <IconButton
              label={t("recipients.remove", { name: value.label })}
              icon={<X className="size-4" />}
              onClick={() => onChange(null)}
            />
          </div>
        )}
      </Field>
    );
  }
  return (
    <Field label={t("field.to")} error={error}>
      {(field) => (
        <div className="relative">
          <Input
            {...field}
            role="combobox"
            data-first-field=""
            aria-expanded={found.length > 0}
            aria-controls={listId}
            aria-activedescendant={found[active] ? `${listId}-${active}` : undefined}
            autoComplete="off"
            placeholder={t(isMail ? "compose.to_placeholder" : "compose.to_placeholder_api")}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setActive(0);
            }}
            onBlur={() => {
              if (typed) take(undefined);
            }}
            onKeyDown={(event) => {
              const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
              if (step !== 0 && found.length > 0) {
                event.preventDefault();
                setActive((active + step + found.length) % found.length);
              } else if (event.key === "Enter") {
                event.preventDefault();
                take(found[active]);
              }
            }}
          />
          <div
            id={listId}
            role="listbox"
            aria-label={t("nav.contacts")}
            hidden={found.length === 0}
            className="absolute inset-x-0 top-full z-40 mt-1 rounded-popover bg-raised p-1 shadow-popover"
          >
            {found.map((entry, index) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field above handles the keys.
              // biome-ignore lint/a11y/useFocusableInteractive: options are pointed at with aria-activedescendant.
              <div
                key={entry.contact.id}
                id={`${listId}-${index}`}
                role="option"
                aria-selected={index === active}
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => take(entry)}
                className={cx(
                  "flex h-10 cursor-pointer items-center gap-2.5 rounded-control px-2.5",
                  index === active && "bg-hover",
                )}
              >
                <Avatar id={entry.contact.id} name={entry.contact.display_name} size="small" />
                <span className="truncate">{entry.contact.display_name}</span>
                <span className="min-w-0 flex-1 truncate text-small text-text-3">
                  {entry.address}
                </span>
              </div>
            ))}
          </div>
        </div>
      )}
    </Field>
  );
}
