/** The people who write to us: the list, and one profile with everything they ever asked. */
import { type AddressKind, ApiError, api, type Contact, type ContactChange } from "@rapport/api";
import {
  Avatar,
  Badge,
  Button,
  ChannelIcon,
  EmptyState,
  Input,
  Select,
  Skeleton,
  StatusIcon,
} from "@rapport/ui";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ArrowLeft, Mail, Search, SearchX, TriangleAlert, Users } from "lucide-react";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAction } from "@/actions/use-actions";
import { useNow } from "@/app/clock";
import { complain, explain, say } from "@/app/notify";
import { overlays } from "@/app/overlays";
import { usePermission } from "@/app/session";
import { keys } from "@/data/keys";
import { contactConversationsOptions } from "@/data/queries";
import { Addresses, EditableLine } from "@/features/contact";
import { unsent } from "@/features/new-conversation/unsent";
import { dateOnly, shortTime } from "@/i18n/format";
import { NoAccess } from "./no-access";

export function ContactsScreen() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const allowed = usePermission("contact.read");
  const { q = "" } = useSearch({ strict: false }) as { q?: string };
  const [text, setText] = useState(q);
  useEffect(() => {
    document.title = t("nav.contacts");
  }, [t]);
  useEffect(() => {
    if (text.trim() === q) return;
    const timer = window.setTimeout(
      () =>
        void navigate({
          to: "/contacts",
          search: text.trim() ? { q: text.trim() } : {},
          replace: true,
        }),
      250,
    );
    return () => window.clearTimeout(timer);
  }, [text, q, navigate]);
  if (!allowed) return <NoAccess permission="contact.read" />;
  return (
    <main id="main" tabIndex={-1} className="scroll-thin min-w-0 flex-1">
      <div className="mx-auto max-w-5xl px-4 py-6 sm:px-8">
        <div className="flex flex-wrap items-center gap-4">
          <h1 className="flex-1 text-display">{t("nav.contacts")}</h1>
          <div className="relative w-full sm:w-80">
            <Search className="pointer-events-none absolute start-2.5 top-1/2 size-4 -translate-y-1/2 text-text-3" />
            <Input
              type="search"
              value={text}
              aria-label={t("contacts.search")}
              placeholder={t("contacts.search")}
              onChange={(event) => setText(event.target.value)}
              className="ps-8"
            />
          </div>
        </div>
        <ContactTable q={q} />
      </div>
    </main>
  );
}

function ContactTable({ q }: { q: string }) {
  const { t } = useTranslation();
  const list = useInfiniteQuery({
    queryKey: keys.contactList(q),
    queryFn: ({ pageParam, signal }) =>
      api.contacts({ ...(q ? { q } : {}), limit: 50, cursor: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
  if (list.isPending) {
    return (
      <div className="mt-6 space-y-3" role="status" aria-label={t("common.loading")}>
        {[1, 2, 3, 4, 5, 6].map((row) => (
          <Skeleton key={row} className="h-11" />
        ))}
      </div>
    );
  }
  if (list.isError) {
    return (
      <EmptyState
        icon={<TriangleAlert />}
        title={t("contacts.error")}
        action={<Button onClick={() => void list.refetch()}>{t("common.retry")}</Button>}
      >
        {explain(list.error)}
      </EmptyState>
    );
  }
  const contacts = list.data.pages.flatMap((page) => page.data);
  if (contacts.length === 0) {
    return q ? (
      <EmptyState icon={<SearchX />} title={t("search.none", { q })} />
    ) : (
      <EmptyState icon={<Users />} title={t("contacts.empty")}>
        {t("contacts.empty_hint")}
      </EmptyState>
    );
  }
  return (
    <>
      <table className="mt-5 w-full table-fixed border-separate border-spacing-0 text-start text-body">
        <thead className="text-small text-text-3 max-sm:sr-only">
          <tr className="[&>th]:border-b [&>th]:border-line [&>th]:px-3 [&>th]:py-2 [&>th]:text-start [&>th]:font-medium">
            <th scope="col">{t("field.name")}</th>
            <th scope="col" className="max-md:hidden">
              {t("field.company")}
            </th>
            <th scope="col" className="max-sm:hidden">
              {t("field.email")}
            </th>
            <th scope="col" className="w-32 max-lg:hidden">
              {t("field.city")}
            </th>
          </tr>
        </thead>
        <tbody>
          {contacts.map((contact) => (
            <tr
              key={contact.id}
              className="relative hover:bg-hover [&>td]:truncate [&>td]:border-b [&>td]:border-line [&>td]:px-3 [&>td]:py-2"
            >
              <td>
                <Link
                  to="/contacts/$contactId"
                  params={{ contactId: contact.id }}
                  className="flex items-center gap-3 after:absolute after:inset-0"
                >
                  <Avatar
                    id={contact.id}
                    name={contact.display_name}
                    className="size-8 text-[12px]"
                  />
                  <span className="min-w-0">
                    <span className="block truncate font-medium">{contact.display_name}</span>
                    <span className="block truncate text-small text-text-3 sm:hidden">
                      {contact.email ?? contact.phone}
                    </span>
                  </span>
                  {contact.known ? null : (
                    <span className="ms-auto shrink-0 text-micro text-text-3">
                      {t("contact.unknown")}
                    </span>
                  )}
                </Link>
              </td>
              <td className="text-text-2 max-md:hidden">{contact.company}</td>
              <td className="text-text-2 max-sm:hidden">{contact.email}</td>
              <td className="text-text-2 max-lg:hidden">{contact.city}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {list.hasNextPage ? (
        <div className="mt-4 flex justify-center">
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t("common.more")}
          </Button>
        </div>
      ) : null}
    </>
  );
}

export function ContactScreen() {
  const { t } = useTranslation();
  const allowed = usePermission("contact.read");
  const { contactId = "" } = useParams({ strict: false }) as { contactId?: string };
  const contact = useQuery({
    queryKey: keys.contact(contactId),
    queryFn: () => api.contact(contactId),
    enabled: allowed,
  });
  useEffect(() => {
    document.title = contact.data?.display_name ?? t("nav.contacts");
  }, [contact.data, t]);
  if (!allowed) return <NoAccess permission="contact.read" />;
  return (
    <main id="main" tabIndex={-1} className="scroll-thin min-w-0 flex-1">
      <div className="mx-auto max-w-5xl px-4 py-6 sm:px-8">
        <Link
          to="/contacts"
          className="inline-flex items-center gap-1.5 text-small text-text-2 hover:text-text"
        >
          <ArrowLeft className="size-4 rtl:rotate-180" />
          {t("nav.contacts")}
        </Link>
        {contact.isPending ? <Skeleton className="mt-6 h-40" /> : null}
        {contact.isError ? (
          <EmptyState
            icon={<TriangleAlert />}
            title={t(
              contact.error instanceof ApiError && contact.error.status === 404
                ? "contacts.missing"
                : "contacts.error",
            )}
          >
            {explain(contact.error)}
          </EmptyState>
        ) : null}
        {contact.data ? <Profile contact={contact.data} /> : null}
      </div>
    </main>
  );
}

function Profile({ contact }: { contact: Contact }) {
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
            <Badge tone={contact.known ? "success" : "neutral"}>
              {t(contact.known ? "contact.known" : "contact.unknown")}
            </Badge>
            {t("contacts.since", { date: dateOnly(contact.created_at) })}
          </p>
        </div>
        <WriteTo contact={contact} />
      </header>
      <div className="mt-6 grid grid-cols-[minmax(0,1fr)] gap-8 lg:grid-cols-[20rem_minmax(0,1fr)]">
        <div className="space-y-6">
          <Section title={t("contacts.details")}>
            <dl>
              {(["company", "city", "country"] as const).map((field) => (
                <div key={field} className="flex min-h-8 items-center gap-3 text-small">
                  <dt className="w-20 shrink-0 text-text-3">{t(`field.${field}`)}</dt>
                  <dd className="min-w-0 flex-1">
                    <EditableLine
                      label={t(`field.${field}`)}
                      value={contact[field] ?? ""}
                      onSave={(value) => save({ [field]: value || null })}
                    />
                  </dd>
                </div>
              ))}
            </dl>
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
