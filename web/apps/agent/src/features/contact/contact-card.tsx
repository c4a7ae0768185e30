/** Who this is: name and place, editable where they stand, and every way to reach them. */
import {
  type Address,
  api,
  type Contact,
  type ContactChange,
  type ConversationDetail,
} from "@rapport/api";
import { Avatar, Badge, cx, IconButton, Input } from "@rapport/ui";
import { useQueryClient } from "@tanstack/react-query";
import { AtSign, Copy, Fingerprint, MonitorSmartphone, Phone } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { copy } from "@/actions/commands";
import { complain, say } from "@/app/notify";
import { usePermission } from "@/app/session";
import { keys } from "@/data/keys";

export function ContactCard({ detail }: { detail: ConversationDetail }) {
  const { t } = useTranslation();
  const contact = detail.contact_detail;
  if (!contact) {
    return (
      <div className="px-5 py-5 text-small text-text-3">
        {t(detail.contact ? "contact.hidden" : "contact.none")}
      </div>
    );
  }
  return <ContactFields key={contact.id} contact={contact} conversationId={detail.id} />;
}

function ContactFields({ contact, conversationId }: { contact: Contact; conversationId: string }) {
  const { t } = useTranslation();
  const save = useContactSave(contact, conversationId);
  return (
    <div className="px-5 pt-5 pb-4">
      <div className="flex items-center gap-3">
        <Avatar id={contact.id} name={contact.display_name} size="large" />
        <div className="min-w-0 flex-1">
          <EditableLine
            label={t("field.name")}
            value={contact.display_name}
            onSave={(value) => (value ? save({ display_name: value }) : undefined)}
            className="text-heading"
          />
          <div className="mt-0.5 flex gap-1.5">
            <KnownBadge contact={contact} />
          </div>
        </div>
      </div>
      <Details className="mt-4 space-y-0.5" contact={contact} onSave={save} />
      <Addresses addresses={contact.addresses} />
    </div>
  );
}

/** Whether the team or a channel has said who this is. */
export function KnownBadge({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  return (
    <Badge tone={contact.known ? "success" : "neutral"}>
      {t(contact.known ? "contact.known" : "contact.unknown")}
    </Badge>
  );
}

interface DetailsProps {
  contact: Contact;
  onSave: (change: ContactChange) => Promise<void>;
  className?: string;
}

/** Where a contact works and lives, editable where it stands. */
export function Details({ contact, onSave, className }: DetailsProps) {
  const { t } = useTranslation();
  return (
    <dl className={className}>
      {(["company", "city", "country"] as const).map((field) => (
        <div key={field} className="flex min-h-8 items-center gap-3 text-small">
          <dt className="w-20 shrink-0 text-text-3">{t(`field.${field}`)}</dt>
          <dd className="min-w-0 flex-1">
            <EditableLine
              label={t(`field.${field}`)}
              value={contact[field] ?? ""}
              onSave={(value) => onSave({ [field]: value || null })}
            />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function useContactSave(contact: Contact, conversationId: string) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const save = async (change: ContactChange) => {
    try {
      const saved = await api.changeContact(contact.id, change);
      cache.setQueryData(keys.contact(contact.id), saved);
      cache.setQueryData<ConversationDetail>(keys.conversation(conversationId), (detail) =>
        detail?.contact
          ? {
              ...detail,
              contact_detail: saved,
              contact: {
                ...detail.contact,
                display_name: saved.display_name,
                company: saved.company,
              },
            }
          : detail,
      );
      void cache.invalidateQueries({ queryKey: keys.lists });
      say(t("toast.saved"));
    } catch (error) {
      complain(error, () => void save(change));
    }
  };
  return save;
}

/** Text that becomes a field when pressed. Enter or leaving saves, Escape takes back. */
export function EditableLine({
  label,
  value,
  onSave,
  className,
}: {
  label: string;
  value: string;
  onSave: (value: string) => unknown;
  className?: string;
}) {
  const { t } = useTranslation();
  const editable = usePermission("contact.edit");
  const [text, setText] = useState<string | null>(null);
  if (!editable) return <span className={className}>{value || "–"}</span>;
  if (text === null) {
    return (
      <button
        type="button"
        onClick={() => setText(value)}
        aria-label={t("contact.edit", { field: label, value: value || t("contact.empty") })}
        className={cx(
          "-mx-1.5 block w-[calc(100%+0.75rem)] truncate rounded-chip px-1.5 py-0.5 text-start hover:bg-hover",
          !value && "text-text-3",
          className,
        )}
      >
        {value || t("contact.add", { field: label.toLocaleLowerCase() })}
      </button>
    );
  }
  const done = () => {
    setText(null);
    if (text.trim() !== value) void onSave(text.trim());
  };
  return (
    <Input
      autoFocus
      aria-label={label}
      value={text}
      maxLength={200}
      onChange={(event) => setText(event.target.value)}
      onBlur={done}
      onKeyDown={(event) => {
        if (event.key === "Enter") done();
        if (event.key === "Escape") {
          event.stopPropagation();
          setText(null);
        }
      }}
      className="-mx-1.5 h-7 w-[calc(100%+0.75rem)] px-1.5 text-small"
    />
  );
}

const addressIcons: Record<Address["kind"], ReactNode> = {
  email: <AtSign />,
  phone: <Phone />,
  visitor: <MonitorSmartphone />,
  external: <Fingerprint />,
};

/** The id of a browser says nothing to anybody, so all visits together are one line. */
export function shownAddresses(addresses: readonly Address[]): Address[] {
  const firstVisit = addresses.find((address) => address.kind === "visitor");
  return addresses.filter((address) => address.kind !== "visitor" || address === firstVisit);
}

export function Addresses({ addresses }: { addresses: readonly Address[] }) {
  const { t } = useTranslation();
  if (addresses.length === 0) return null;
  return (
    <ul className="mt-3 space-y-0.5" aria-label={t("contact.addresses")}>
      {shownAddresses(addresses).map((address) => (
        <li
          key={address.id}
          className="group flex h-8 items-center gap-2.5 text-small [&_svg]:size-3.5"
        >
          <span className="text-text-3" title={t(`address.${address.kind}`)}>
            {addressIcons[address.kind]}
            {address.kind === "visitor" ? null : (
              <span className="sr-only">{t(`address.${address.kind}`)}</span>
            )}
          </span>
          {address.kind === "visitor" ? (
            <span className="text-text-2">{t("address.visitor")}</span>
          ) : (
            <>
              <span className="min-w-0 flex-1 truncate" title={address.value}>
                {address.value}
              </span>
              {address.verified ? <Badge tone="success">{t("address.verified")}</Badge> : null}
              <IconButton
                size="small"
                label={t("address.copy", { value: address.value })}
                icon={<Copy />}
                onClick={() => void copy(address.value, t("toast.text_copied"))}
                className="opacity-0 group-hover:opacity-100 focus-visible:opacity-100 pointer-coarse:opacity-100"
              />
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
