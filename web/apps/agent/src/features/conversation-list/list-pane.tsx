/** The list of conversations: virtual rows, live, and still while somebody points at them. */
import type { Conversation, ViewName } from "@rapport/api";
import { Button, EmptyState, Skeleton } from "@rapport/ui";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { CheckCheck, ListFilter, RefreshCw, TriangleAlert } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useActionContext } from "@/actions/use-actions";
import { useNow, useSeconds } from "@/app/clock";
import { regionIds } from "@/app/focus";
import { releaseSignal, shownIds } from "@/app/inbox-state";
import { whenReachable } from "@/app/lazy";
import { explain } from "@/app/notify";
import { density } from "@/app/preferences";
import {
  clearPicks,
  extendPicks,
  keepPicks,
  pickCursor,
  picked as pickedIds,
  pickTo,
  togglePick,
} from "@/app/selection";
import { useMe } from "@/app/session";
import { useStore } from "@/app/store";
import { keys } from "@/data/keys";
import { flattenList } from "@/data/list-pages";
import { hasFilters, type InboxSearch, listQuery } from "@/data/list-query";
import { conversationOptions, countsQuery, listOptions, timelineOptions } from "@/data/queries";
import type { TypingUntil, ViewersByConversation } from "@/realtime/apply-event";
import { ListRow, optionId } from "./list-row";
import { type RowActKind, rowActs, runRowAct } from "./row-acts";
import { RowMenu } from "./row-menu";
import { useHeldRows } from "./use-held-rows";

const FirstSteps = lazy(() => whenReachable(() => import("./first-steps")));

export interface ListPaneProps {
  view: ViewName;
  search: InboxSearch;
  selectedId: string | null;
  onOpen: (id: string) => void;
  onSearch: (search: InboxSearch) => void;
  onView: (view: ViewName) => void;
}

const nobody: never[] = [];

export function ListPane({ view, search, selectedId, onOpen, onSearch, onView }: ListPaneProps) {
  const { t } = useTranslation();
  const query = useMemo(() => listQuery(view, search), [view, search]);
  const list = useInfiniteQuery(listOptions(query));
  const live = useMemo(() => flattenList(list.data), [list.data]);
  const [pointed, setPointed] = useState(false);
  const listKey = JSON.stringify(query);
  const { rows, pending } = useHeldRows(live, pointed, listKey);
  const first = list.data?.pages[0];
  // Screen readers are told that the length is not known when it was not counted to the end.
  const total = first?.total_capped ? -1 : Math.max(first?.total ?? 0, rows.length);

  useEffect(() => {
    const ids = rows.map((conversation) => conversation.id);
    shownIds.set(ids);
    keepPicks(ids);
  }, [rows]);
  // Another list begins with nothing picked.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above.
  useEffect(() => clearPicks, [listKey]);
  useEffect(() => {
    if (selectedId) pickCursor.set(null);
  }, [selectedId]);

  if (list.isPending) return <ListSkeleton />;
  if (list.isError && rows.length === 0) {
    return (
      <EmptyState
        icon={<TriangleAlert />}
        title={t("list.error")}
        action={
          <Button onClick={() => void list.refetch()}>
            <RefreshCw className="size-4" />
            {t("common.retry")}
          </Button>
        }
      >
        {explain(list.error)}
      </EmptyState>
    );
  }
  if (rows.length === 0) {
    return <EmptyList view={view} search={search} onSearch={onSearch} onView={onView} />;
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only notices that somebody points here.
    <div
      className="relative flex min-h-0 flex-1 flex-col"
      onPointerEnter={() => setPointed(true)}
      onPointerLeave={() => setPointed(false)}
      onFocus={() => setPointed(true)}
      onBlur={() => setPointed(false)}
    >
      {pending > 0 ? (
        <Button
          kind="primary"
          size="small"
          className="absolute inset-x-0 top-2 z-10 mx-auto w-fit rounded-full shadow-popover"
          onClick={() => releaseSignal.set((count) => count + 1)}
        >
          {t("list.updates", { count: pending })}
        </Button>
      ) : null}
      <Rows
        rows={rows}
        total={total}
        view={view}
        selectedId={selectedId}
        onOpen={onOpen}
        onEnd={() => {
          if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage();
        }}
        busy={list.isFetchingNextPage}
      />
    </div>
  );
}

interface RowsProps {
  rows: readonly Conversation[];
  total: number;
  view: ViewName;
  selectedId: string | null;
  onOpen: (id: string) => void;
  onEnd: () => void;
  busy: boolean;
}

function Rows({ rows, total, view, selectedId, onOpen, onEnd, busy }: RowsProps) {
  const { t } = useTranslation();
  const me = useMe();
  const now = useNow();
  const cache = useQueryClient();
  const scroller = useRef<HTMLDivElement>(null);
  const compact = useStore(density) === "compact";
  const viewers = usePresentViewers(me.user.id);
  const typing = useTypingContacts();
  const picked = useStore(pickedIds);
  const cursor = useStore(pickCursor);
  const activeId = cursor ?? selectedId;
  const activeIndex = rows.findIndex((conversation) => conversation.id === activeId);
  const selectedIndex = rows.findIndex((conversation) => conversation.id === selectedId);
  const rowHeight = compact ? 52 : 78;

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 6,
    paddingStart: 6,
    paddingEnd: 12,
    // The active option must exist even when it is scrolled away, because the list points at it.
    rangeExtractor: (range) => {
      const indexes = defaultRangeExtractor(range);
      if (activeIndex >= 0 && !indexes.includes(activeIndex)) indexes.push(activeIndex);
      return indexes.sort((a, b) => a - b);
    },
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new row height is what calls for measuring.
  useEffect(() => virtual.measure(), [rowHeight]);

  const revealed = useRef<string | null>(null);
  useEffect(() => {
    // Only a new selection scrolls; live changes around it must not.
    if (activeId === revealed.current || activeIndex < 0) return;
    const first = revealed.current === null;
    revealed.current = activeId;
    // A list that opens with a selection shows what is around it.
    virtual.scrollToIndex(activeIndex, { align: first ? "center" : "auto" });
  }, [activeId, activeIndex, virtual]);

  const items = virtual.getVirtualItems();
  const lastIndex = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (lastIndex >= rows.length * 0.7) onEnd();
  }, [lastIndex, rows.length, onEnd]);

  const intentTimer = useRef<number | null>(null);
  const prefetch = useCallback(
    (id: string) => {
      if (intentTimer.current !== null) window.clearTimeout(intentTimer.current);
      intentTimer.current = window.setTimeout(() => {
        void cache.prefetchQuery(conversationOptions(id));
        void cache.prefetchInfiniteQuery(timelineOptions(id));
      }, 80);
    },
    [cache],
  );

  // Whoever moves down the list most likely opens the next one.
  const nextId = selectedIndex >= 0 ? rows[selectedIndex + 1]?.id : undefined;
  useEffect(() => {
    if (!nextId) return;
    const timer = window.setTimeout(() => prefetch(nextId), 400);
    return () => window.clearTimeout(timer);
  }, [nextId, prefetch]);

  const onPick = useCallback(
    (id: string, range: boolean) => (range ? pickTo(id, selectedId) : togglePick(id)),
    [selectedId],
  );
  const { actsOf, onAct } = useRowActs();
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " || (event.shiftKey && /^Arrow(Up|Down)$/.test(event.key))) {
      event.preventDefault();
      const first = activeId ?? rows[0]?.id;
      if (event.key !== " ") extendPicks(event.key === "ArrowDown" ? 1 : -1, selectedId);
      else if (first) togglePick(first);
      return;
    }
    const go = (index: number) => {
      const target = rows[Math.min(Math.max(index, 0), rows.length - 1)];
      if (!target) return;
      event.preventDefault();
      onOpen(target.id);
    };
    if (event.key === "ArrowDown") go(activeIndex + 1);
    else if (event.key === "ArrowUp") go(activeIndex - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(rows.length - 1);
    else if (event.key === "Enter") document.getElementById(regionIds.timeline)?.focus();
  };

  return (
    <RowMenu rows={rows} activeId={activeId}>
      <div
        ref={scroller}
        id={regionIds.list}
        role="listbox"
        tabIndex={0}
        aria-label={t("list.label", { view: t(`view.${view}`) })}
        aria-multiselectable={picked.size > 0 || undefined}
        aria-activedescendant={activeIndex >= 0 && activeId ? optionId(activeId) : undefined}
        aria-busy={busy}
        onKeyDown={onKeyDown}
        className="scroll-thin min-h-0 flex-1 outline-offset-[-2px]"
      >
        <div style={{ height: virtual.getTotalSize(), position: "relative" }} role="presentation">
          {items.map((item) => {
            const conversation = rows[item.index];
            if (!conversation) return null;
            return (
              <div
                key={item.key}
                role="presentation"
                className="absolute inset-x-0 top-0"
                style={{ height: rowHeight, transform: `translateY(${item.start}px)` }}
              >
                <ListRow
                  conversation={conversation}
                  selected={conversation.id === selectedId}
                  picked={picked.has(conversation.id)}
                  picking={picked.size > 0}
                  pointedAt={conversation.id === cursor}
                  myName={me.user.name}
                  now={now}
                  typing={typing.has(conversation.id)}
                  viewers={viewers[conversation.id] ?? nobody}
                  showAssignee={view !== "mine" && view !== "unassigned"}
                  position={item.index + 1}
                  total={total}
                  onOpen={onOpen}
                  onPick={onPick}
                  onIntent={prefetch}
                  actsOf={actsOf}
                  onAct={onAct}
                />
              </div>
            );
          })}
        </div>
      </div>
    </RowMenu>
  );
}

/** Handlers that never change, so that a new selection draws only the rows it touches. */
function useRowActs() {
  const context = useActionContext();
  const latest = useRef(context);
  useEffect(() => {
    latest.current = context;
  }, [context]);
  const actsOf = useCallback(
    (conversation: Conversation) => rowActs(latest.current, conversation),
    [],
  );
  const onAct = useCallback(
    (conversation: Conversation, kind: RowActKind) => runRowAct(latest.current, conversation, kind),
    [],
  );
  return { actsOf, onAct };
}

function usePresentViewers(myId: string): ViewersByConversation {
  const { data } = useQuery<ViewersByConversation>({ queryKey: keys.viewers, enabled: false });
  const now = useNow();
  return useMemo(() => {
    const present: ViewersByConversation = {};
    for (const [id, viewers] of Object.entries(data ?? {})) {
      const here = viewers.filter(
        (viewer) => viewer.user.id !== myId && Date.parse(viewer.expires_at) > now,
      );
      if (here.length > 0) present[id] = here;
    }
    return present;
  }, [data, myId, now]);
}

function useTypingContacts(): ReadonlySet<string> {
  const { data } = useQuery<TypingUntil>({ queryKey: keys.contactTyping, enabled: false });
  const now = useSeconds();
  const typing = Object.entries(data ?? {})
    .filter(([, until]) => Date.parse(until) > now)
    .map(([id]) => id)
    .join();
  return useMemo(() => new Set(typing ? typing.split(",") : []), [typing]);
}

function ListSkeleton() {
  const { t } = useTranslation();
  return (
    <div
      className="flex-1 overflow-hidden px-4 py-2"
      role="status"
      aria-label={t("common.loading")}
    >
      {Array.from({ length: 8 }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the placeholders are all alike.
        <div key={index} className="flex h-[78px] gap-3 py-2.5">
          <Skeleton className="size-9 rounded-full" />
          <div className="flex-1 space-y-2 pt-1">
            <Skeleton className="h-3 w-2/5" />
            <Skeleton className="h-3 w-4/5" />
            <Skeleton className="h-3 w-3/5" />
          </div>
        </div>
      ))}
    </div>
  );
}

type EmptyListProps = Pick<ListPaneProps, "view" | "search" | "onSearch" | "onView">;

function EmptyList({ view, search, onSearch, onView }: EmptyListProps) {
  const { t } = useTranslation();
  const { data: counts } = useQuery(countsQuery);
  if (hasFilters(search)) {
    return (
      <EmptyState
        icon={<ListFilter />}
        title={t("list.no_match")}
        action={<Button onClick={() => onSearch({})}>{t("filter.clear")}</Button>}
      />
    );
  }
  if (counts?.views.all === 0 && (view === "mine" || view === "unassigned" || view === "all")) {
    return (
      <Suspense>
        <FirstSteps />
      </Suspense>
    );
  }
  const unassigned = counts?.views.unassigned ?? 0;
  return (
    <EmptyState
      icon={<CheckCheck />}
      title={t(view === "mine" ? "list.all_done" : `list.empty_${view}`)}
      action={
        view === "mine" && unassigned > 0 ? (
          <Button onClick={() => onView("unassigned")}>{t("list.look_unassigned")}</Button>
        ) : undefined
      }
    >
      {view === "mine" && unassigned > 0
        ? t("list.unassigned_waiting", { count: unassigned })
        : null}
    </EmptyState>
  );
}
