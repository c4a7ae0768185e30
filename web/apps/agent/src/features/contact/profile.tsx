/** One person: who they are, where they can be reached, and everything they ever asked. */
import "@/i18n/conversation";
import { type AddressKind, api, type Contact, type ContactChange } from "@rapport/api";
import { Avatar, Button, ChannelIcon, Input, Select, Skeleton, StatusIcon } from "@rapport/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Mail } from "lucide-react";
import { type FormEvent, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAction } from "@/actions/use-actions";
import { useNow } from "@/app/clock";
import { complain, explain, say } from "@/app/notify";
import { overlays } from "@/app/overlays";
import { usePermission } from "@/app/session";
import { keys } from "@/data/keys";
import { contactConversationsOptions } from "@/data/queries";
import { unsent } from "@/features/new-conversation/unsent";
import { dateOnly, shortTime } from "@/i18n/format";
import { Addresses, Details, EditableLine, KnownBadge } from "./contact-card";

export function Profile({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const save = async (change: ContactChange) => {
    try {
      cache.setQueryData(keys.contact(contact.id), await api.changeContact(contact.id, change));
      void cache.invalidateQueries({ queryKey: [...keys.contacts, "list"] });
      void cache.invalidateQueries({ queryKey: keys.lists });
      say(t("toast.saved"));
    } catch (error) {
      complain(error);
    }
  };
  return (
    <>
      <header className="mt-4 flex items-center gap-4">
        <Avatar id={contact.id} name={contact.display_name} size="large" />
        <div className="min-w-0 flex-1">
          <h1 className="sr-only">{contact.display_name}</h1>
          <EditableLine
            label={t("field.name")}
            value={contact.display_name}
            className="text-display"
            onSave={(value) => (value ? save({ display_name: value }) : undefined)}
          />
          <p className="mt-0.5 flex items-center gap-2 text-small text-text-3">
            <KnownBadge contact={contact} />
            {t("contacts.since", { date: dateOnly(contact.created_at) })}
          </p>
        </div>
        <WriteTo contact={contact} />
      </header>
      <div className="mt-6 grid grid-cols-[minmax(0,1fr)] gap-8 lg:grid-cols-[20rem_minmax(0,1fr)]">
        <div className="space-y-6">
          <Section title={t("contacts.details")}>
            <Details contact={contact} onSave={save} />
          </Section>
          <Section title={t("contact.addresses")}>
            <Addresses addresses={contact.addresses} />
            <AddAddress contact={contact} />
          </Section>
        </div>
        <Section title={t("contacts.conversations")}>
          <Conversations contactId={contact.id} />
        </Section>
      </div>
    </>
  );
}

/** Opens the dialog with this contact filled in. A text begun before stays in it. */
function WriteTo({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const { shown } = useAction("conversation.new");
  const { email } = contact;
  if (!shown || !email) return null;
  const write = () => {
    const to = { contactId: contact.id, label: contact.display_name, value: email };
    unsent.set((form) => ({ ...form, accountId: "", to, cc: [], bcc: [] }));
    overlays.open("new-conversation");
  };
  return (
    <Button onClick={write} className="shrink-0">
      <Mail className="size-4" />
      {t("contacts.write")}
    </Button>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h2 className="mb-2 text-heading">{title}</h2>
      {children}
    </section>
  );
}

function AddAddress({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const mayEdit = usePermission("contact.edit");
  const [kind, setKind] = useState<AddressKind>("email");
  const [value, setValue] = useState("");
  const [busy, setBusy] = useState(false);
  if (!mayEdit) return null;
  const add = async (event: FormEvent) => {
    event.preventDefault();
    if (!value.trim()) return;
    setBusy(true);
    try {
      await api.addAddress(contact.id, { kind, value: value.trim() });
      setValue("");
      await cache.invalidateQueries({ queryKey: keys.contact(contact.id) });
    } catch (error) {
      complain(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={add} className="mt-3 flex flex-wrap gap-2">
      <Select
        aria-label={t("address.kind")}
        value={kind}
        onChange={(event) => setKind(event.target.value as AddressKind)}
        className="w-28 shrink-0"
      >
        {["email", "phone", "external"].map((entry) => (
          <option key={entry} value={entry}>
            {t(`address.${entry}`)}
          </option>
        ))}
      </Select>
      <Input
        aria-label={t("address.value")}
        placeholder={t("address.value")}
        value={value}
        onChange={(event) => setValue(event.target.value)}
        className="min-w-32 flex-1"
      />
      <Button type="submit" busy={busy} className="h-9">
        {t("common.add")}
      </Button>
    </form>
  );
}

function Conversations({ contactId }: { contactId: string }) {
  const { t } = useTranslation();
  const now = useNow();
  const { data, isPending, isError, error } = useQuery(contactConversationsOptions(contactId));
  if (isPending) return <Skeleton className="h-24" />;
  if (isError) return <p className="text-body text-text-2">{explain(error)}</p>;
  if (data.length === 0)
    return <p className="text-body text-text-3">{t("contacts.no_conversations")}</p>;
  return (
    <ul className="divide-y divide-line border-y border-line">
      {data.map((conversation) => (
        <li key={conversation.id}>
          <Link
            to="/inbox/$view/{-$conversationId}"
            params={{ view: "all", conversationId: conversation.id }}
            className="flex items-center gap-3 px-2 py-2.5 hover:bg-hover"
          >
            <StatusIcon status={conversation.status} />
            <span className="sr-only">{t(`status.${conversation.status}`)}</span>
            <span className="min-w-0 flex-1">
              <span className="block truncate font-medium">
                {conversation.subject || conversation.topic}
              </span>
              <span className="block truncate text-small text-text-3">
                {conversation.last_message?.preview}
              </span>
            </span>
            <ChannelIcon channel={conversation.channel} />
            <time
              dateTime={conversation.last_activity_at}
              className="w-14 text-end text-micro text-text-3 tabular-nums"
            >
              {shortTime(conversation.last_activity_at, now)}
            </time>
          </Link>
        </li>
      ))}
    </ul>
  );
}
