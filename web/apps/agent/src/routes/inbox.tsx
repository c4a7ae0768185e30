/** The inbox: views, list, conversation and details side by side, as far as the screen allows. */
import type { ViewName } from "@rapport/api";
import { cx, EmptyState, Kbd, Skeleton } from "@rapport/ui";
import { useQuery } from "@tanstack/react-query";
import { useLocation, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Inbox as InboxIcon } from "lucide-react";
import {
  lazy,
  Suspense,
  useCallback,
  useDeferredValue,
  useEffect,
  useLayoutEffect,
  useRef,
} from "react";
import { useTranslation } from "react-i18next";
import { ErrorBoundary } from "@/app/error-boundary";
import { whenReachable } from "@/app/lazy";
import { useMediaQuery } from "@/app/media";
import { useOverlay } from "@/app/overlays";
import { drawerShown, focusMode, viewsShown } from "@/app/preferences";
import { bulkBusy, picked } from "@/app/selection";
import { useMe } from "@/app/session";
import { useStore } from "@/app/store";
import { type InboxSearch, parseView } from "@/data/list-query";
import { conversationOptions, countsQuery } from "@/data/queries";
import { ListHeader, ListPane, OpenElsewhere, ViewsColumn } from "@/features/conversation-list";

// The list is usable before the code of an open conversation has arrived.
const conversationCode = () => whenReachable(() => import("./conversation-view"));
const ConversationView = lazy(conversationCode);
const BulkBar = lazy(() => whenReachable(() => import("@/features/bulk")));
const DrawerView = lazy(async () => ({ default: (await conversationCode()).DrawerView }));

export function InboxScreen() {
  const { t } = useTranslation();
  const me = useMe();
  const params = useParams({ strict: false }) as { view?: string; conversationId?: string };
  const search = useSearch({ strict: false }) as InboxSearch;
  const navigate = useNavigate();
  const anchor = useLocation({ select: ({ hash }) => (hash.startsWith("msg_") ? hash : null) });
  const view = parseView(params.view ?? "mine");
  const selectedId = params.conversationId ?? null;
  // The selection paints first; the heavier conversation follows and gives way to the next key.
  const shownId = useDeferredValue(selectedId);
  const wide = useMediaQuery("(min-width: 1440px)");
  const showViews = useStore(viewsShown) && wide;
  const focused = useStore(focusMode) && selectedId !== null;
  const showDrawer = useStore(drawerShown) && !focused;
  const roomForDrawer = useMediaQuery("(min-width: 1280px)");
  const picks = useStore(picked).size;
  const picking = useStore(bulkBusy) || picks > 0;
  const [sheetOpen, setSheetOpen] = useOverlay("drawer-sheet");

  // Handlers that never change, so that a new selection draws only the rows it touches.
  const place = useRef({ view, selectedId, search });
  useLayoutEffect(() => {
    place.current = { view, selectedId, search };
  });
  const go = useCallback(
    (next: { view?: ViewName; id?: string | null; search?: InboxSearch }, replace = false) => {
      const now = place.current;
      void navigate({
        to: "/inbox/$view/{-$conversationId}",
        params: {
          view: next.view ?? now.view,
          conversationId: (next.id === undefined ? now.selectedId : next.id) ?? undefined,
        },
        search: next.search ?? now.search,
        replace,
      });
    },
    [navigate],
  );
  // What is shown of a conversation stays with it, whatever becomes of the list beside it.
  const open = useCallback(
    (id: string) => {
      const { show, ...list } = place.current.search;
      go({ id, search: id === place.current.selectedId ? { ...list, show } : list });
    },
    [go],
  );
  const setSearch = useCallback(
    (next: InboxSearch) => go({ search: { ...next, show: place.current.search.show } }, true),
    [go],
  );
  const setView = useCallback(
    (next: ViewName) => go({ view: next, search: { show: place.current.search.show } }),
    [go],
  );
  useTitle(selectedId);
  useEffect(() => {
    const timer = window.setTimeout(() => void conversationCode(), 300);
    return () => window.clearTimeout(timer);
  }, []);

  return (
    <div className="flex min-h-0 min-w-0 flex-1">
      {showViews && !focused ? (
        <ViewsColumn current={view} workspace={me.workspace.name} onView={setView} />
      ) : null}
      <section
        aria-label={t("nav.list")}
        className={cx(
          "min-h-0 w-full flex-col border-e border-line bg-surface lg:w-80 lg:shrink-0 xl:w-84 2xl:w-90",
          selectedId ? "hidden" : "flex",
          !focused && "lg:flex",
        )}
      >
        <ListHeader
          view={view}
          search={search}
          onSearch={setSearch}
          onView={setView}
          viewsInMenu={!showViews}
        />
        <OpenElsewhere
          view={view}
          search={search}
          selectedId={selectedId}
          onSearch={setSearch}
          onView={setView}
        />
        <ListPane
          view={view}
          search={search}
          selectedId={selectedId}
          onOpen={open}
          onSearch={setSearch}
          onView={setView}
        />
        {picking ? (
          <Suspense>
            <BulkBar />
          </Suspense>
        ) : null}
      </section>
      <main
        id="main"
        tabIndex={-1}
        className={cx(
          "min-h-0 min-w-0 flex-1 flex-col bg-bg lg:flex",
          selectedId ? "flex" : "hidden",
        )}
      >
        {selectedId && shownId ? (
          <ErrorBoundary resetKey={shownId}>
            <Suspense fallback={<Opening />}>
              <ConversationView
                id={shownId}
                show={search.show ?? "all"}
                anchor={anchor}
                onBack={() => go({ id: null, search: { ...search, show: undefined } })}
              />
            </Suspense>
          </ErrorBoundary>
        ) : (
          <NothingOpen />
        )}
      </main>
      {selectedId && shownId && roomForDrawer && showDrawer ? (
        <Suspense>
          <DrawerView id={shownId} onOpen={open} />
        </Suspense>
      ) : null}
      {selectedId && shownId && !roomForDrawer && sheetOpen ? (
        <Suspense>
          <DrawerView id={shownId} onOpen={open} onClose={() => setSheetOpen(false)} />
        </Suspense>
      ) : null}
    </div>
  );
}

/** While the code of an open conversation is on its way, which takes long only on a slow line. */
function Opening() {
  const { t } = useTranslation();
  return (
    <div className="space-y-5 p-6" role="status" aria-label={t("common.loading")}>
      <Skeleton className="h-8 w-48" />
      <Skeleton className="h-24 w-2/3 rounded-bubble" />
    </div>
  );
}

function NothingOpen() {
  const { t } = useTranslation();
  const hints: [string, string][] = [
    ["j", t("hint.move")],
    ["mod+k", t("hint.palette")],
    ["shift+c", t("hint.compose")],
    ["?", t("hint.shortcuts")],
  ];
  return (
    <EmptyState icon={<InboxIcon />} title={t("inbox.none_selected")}>
      <dl className="mt-3 grid grid-cols-[auto_auto] items-center justify-center gap-x-4 gap-y-2 text-small">
        {hints.map(([keys, words]) => (
          <div key={keys} className="contents">
            <dt className="justify-self-end">
              <Kbd keys={keys} className="text-text-2" />
            </dt>
            <dd className="justify-self-start text-text-3">{words}</dd>
          </div>
        ))}
      </dl>
    </EmptyState>
  );
}

/** The tab names the open conversation and counts what is unread and mine. */
function useTitle(selectedId: string | null) {
  const { t } = useTranslation();
  const { data: counts } = useQuery(countsQuery);
  const { data: detail } = useQuery({
    ...conversationOptions(selectedId ?? ""),
    enabled: selectedId !== null,
  });
  const unread = counts?.unread_mine ?? 0;
  const name = selectedId ? detail?.contact?.display_name : undefined;
  useEffect(() => {
    const place = name ? `${name} – ${t("nav.inbox")}` : t("nav.inbox");
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${place}`;
    const icon = document.getElementById("favicon") as HTMLLinkElement | null;
    const wanted = unread > 0 ? "/favicon-unread.svg" : "/favicon.svg";
    if (icon && icon.getAttribute("href") !== wanted) icon.setAttribute("href", wanted);
  }, [unread, name, t]);
}
