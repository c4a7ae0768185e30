/** The people who write to us. */
import { api } from "@rapport/api";
import { Avatar, Button, EmptyState, Input, Skeleton } from "@rapport/ui";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Search, SearchX, TriangleAlert, Users } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { explain } from "@/app/notify";
import { usePermission } from "@/app/session";
import { keys } from "@/data/keys";
import { NoAccess } from "./no-access";

export default function ContactsScreen() {
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
