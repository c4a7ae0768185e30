/** Search over everything, as a page whose address can be kept and shared. */
import { api, type SearchResult } from "@rapport/api";
import { Avatar, Button, ChannelIcon, cx, EmptyState, Skeleton, StatusIcon } from "@rapport/ui";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Search as SearchIcon, SearchX, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNow } from "@/app/clock";
import { explain } from "@/app/notify";
import { keys } from "@/data/keys";
import { Snippet } from "@/data/snippet";
import { shortTime } from "@/i18n/format";

const types = ["", "message", "conversation", "contact"] as const;
type Kind = (typeof types)[number];

export default function SearchScreen() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { q = "", type = "" } = useSearch({ strict: false }) as { q?: string; type?: Kind };
  const [text, setText] = useState(q);
  useEffect(() => {
    document.title = q ? `${q} – ${t("nav.search")}` : t("nav.search");
  }, [q, t]);
  useEffect(() => setText(q), [q]);
  useEffect(() => {
    if (text.trim() === q) return;
    const timer = window.setTimeout(
      () => void navigate({ to: "/search", search: { q: text.trim(), type }, replace: true }),
      250,
    );
    return () => window.clearTimeout(timer);
  }, [text, q, type, navigate]);
  return (
    <main id="main" tabIndex={-1} className="scroll-thin min-w-0 flex-1">
      <div className="mx-auto max-w-3xl px-4 py-6 sm:px-8">
        <h1 className="text-display">{t("nav.search")}</h1>
        <div className="relative mt-4">
          <SearchIcon className="pointer-events-none absolute start-3.5 top-1/2 size-4.5 -translate-y-1/2 text-text-3" />
          <input
            // The page exists to search, so its field comes first.
            // biome-ignore lint/a11y/noAutofocus: see above.
            autoFocus
            type="search"
            value={text}
            aria-label={t("search.field")}
            placeholder={t("search.placeholder")}
            onChange={(event) => setText(event.target.value)}
            className="h-11 w-full rounded-card bg-bg ps-10 pe-3 text-reading shadow-[inset_0_0_0_1px_var(--control)] outline-none focus:shadow-[inset_0_0_0_2px_var(--accent)]"
          />
        </div>
        <div
          role="toolbar"
          aria-label={t("search.kinds")}
          className="mt-2 flex gap-1 overflow-x-auto py-1 [scrollbar-width:none]"
        >
          {types.map((entry) => (
            <button
              key={entry}
              type="button"
              aria-pressed={type === entry}
              onClick={() =>
                void navigate({ to: "/search", search: { q, type: entry }, replace: true })
              }
              className={cx(
                "touch-area h-7 rounded-full px-3 text-small font-medium whitespace-nowrap",
                type === entry ? "bg-text text-bg" : "text-text-2 hover:bg-hover",
              )}
            >
              {t(`search.kind_${entry || "all"}`)}
            </button>
          ))}
        </div>
        {q ? (
          <Results q={q} type={type} />
        ) : (
          <EmptyState icon={<SearchIcon />} title={t("search.start")}>
            {t("search.start_hint")}
          </EmptyState>
        )}
      </div>
    </main>
  );
}

function Results({ q, type }: { q: string; type: Kind }) {
  const { t } = useTranslation();
  const results = useInfiniteQuery({
    queryKey: keys.search(q, type),
    queryFn: ({ pageParam, signal }) =>
      api.search(
        { q, ...(type ? { type } : {}), limit: 30, cursor: pageParam ?? undefined },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
  if (results.isPending) {
    return (
      <div className="mt-6 space-y-3" role="status" aria-label={t("common.loading")}>
        {[1, 2, 3, 4].map((row) => (
          <Skeleton key={row} className="h-14" />
        ))}
      </div>
    );
  }
  if (results.isError) {
    return (
      <EmptyState
        icon={<TriangleAlert />}
        title={t("search.error")}
        action={<Button onClick={() => void results.refetch()}>{t("common.retry")}</Button>}
      >
        {explain(results.error)}
      </EmptyState>
    );
  }
  const rows = results.data.pages.flatMap((page) => page.data);
  if (rows.length === 0) return <EmptyState icon={<SearchX />} title={t("search.none", { q })} />;
  return (
    <>
      <ul className="mt-5 divide-y divide-line border-y border-line">
        {rows.map((result, index) => (
          <li
            key={`${result.type}${result.message_id ?? result.conversation?.id ?? result.contact?.id ?? index}`}
          >
            <ResultRow result={result} />
          </li>
        ))}
      </ul>
      {results.hasNextPage ? (
        <div className="mt-4 flex justify-center">
          <Button busy={results.isFetchingNextPage} onClick={() => void results.fetchNextPage()}>
            {t("common.more")}
          </Button>
        </div>
      ) : null}
    </>
  );
}

const rowClass = "flex items-center gap-3 px-2 py-3 hover:bg-hover";

function ResultRow({ result }: { result: SearchResult }) {
  const now = useNow();
  const { contact, conversation } = result;
  if (result.type === "contact" && contact) {
    return (
      <Link to="/contacts/$contactId" params={{ contactId: contact.id }} className={rowClass}>
        <Avatar id={contact.id} name={contact.display_name} />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-medium">{contact.display_name}</span>
          <span className="block truncate text-small text-text-3">
            {[contact.company, contact.email].filter(Boolean).join(" · ")}
          </span>
        </span>
      </Link>
    );
  }
  if (!conversation) return null;
  const name = conversation.contact?.display_name ?? conversation.topic;
  return (
    <Link
      to="/inbox/$view/{-$conversationId}"
      params={{ view: "all", conversationId: conversation.id }}
      hash={result.message_id ?? undefined}
      className={rowClass}
    >
      <Avatar id={conversation.contact?.id ?? conversation.id} name={name} />
      <span className="min-w-0 flex-1">
        <span className="flex items-center gap-2">
          <span className="max-w-full shrink-0 truncate font-medium">{name}</span>
          <span className="truncate text-small text-text-3 max-sm:hidden">
            {conversation.subject || conversation.topic}
          </span>
        </span>
        <Snippet
          text={result.snippet}
          className="line-clamp-2 text-small text-text-2 sm:line-clamp-1"
        />
      </span>
      <StatusIcon status={conversation.status} className="size-3.5" />
      <ChannelIcon channel={conversation.channel} className="size-3.5" />
      <time
        dateTime={result.at}
        className="min-w-10 text-end text-micro whitespace-nowrap text-text-3 tabular-nums sm:w-14"
      >
        {shortTime(result.at, now)}
      </time>
    </Link>
  );
}
