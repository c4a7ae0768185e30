/** The frame around every signed-in screen: rail, connection state, panels that open over it. */
import { TooltipProvider } from "@rapport/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Outlet, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ActionContext, Navigation } from "@/actions/registry";
import { ActionProvider } from "@/actions/use-actions";
import { findConversation } from "@/data/cache";
import { channelTabs, type InboxSearch, parseView } from "@/data/list-query";
import { conversationOptions, meQuery } from "@/data/queries";
import { RealtimeProvider } from "@/realtime/provider";
import { ConnectionBar } from "./connection-bar";
import { regionIds } from "./focus";
import { requestedId } from "./inbox-state";
import { fetchLater, whenReachable } from "./lazy";
import { toasts } from "./notify";
import { useOverlay } from "./overlays";
import { PaletteWaiting } from "./palette-waiting";
import { Rail, TabBar } from "./rail";
import { MeContext, markSignedIn, sessionEnded } from "./session";
import { useStore } from "./store";
import { NewVersionBar } from "./version";

const palettePart = () => whenReachable(() => import("@/features/palette"));
const shortcutsPart = () => whenReachable(() => import("./shortcut-sheet"));
const composePart = () => whenReachable(() => import("@/features/new-conversation"));
const logInPart = () => whenReachable(() => import("@/features/auth/log-in-again"));
const CommandPalette = lazy(palettePart);
const ShortcutSheet = lazy(shortcutsPart);
const NewConversation = lazy(composePart);
const LogInAgain = lazy(logInPart);

export function Shell() {
  const { data: me } = useQuery(meQuery);
  useEffect(() => {
    if (me) markSignedIn(true);
  }, [me]);
  if (!me) return null;
  return (
    <MeContext value={me}>
      <RealtimeProvider me={me}>
        <TooltipProvider delayDuration={400} skipDelayDuration={200}>
          <Frame />
        </TooltipProvider>
      </RealtimeProvider>
    </MeContext>
  );
}

function Frame() {
  const context = useShellContext();
  const ended = useStore(sessionEnded);
  // What opens over a screen must open when the network is gone, too: it says so, among others.
  useEffect(() => fetchLater([toasts, palettePart, shortcutsPart, composePart, logInPart]), []);
  return (
    <ActionProvider value={context}>
      <SkipLinks />
      <div className="flex h-full flex-col">
        <ConnectionBar />
        <NewVersionBar />
        <div className="flex min-h-0 flex-1">
          <Rail />
          <Outlet />
        </div>
        <TabBar />
      </div>
      <Panels />
      {ended ? (
        <Suspense>
          <LogInAgain />
        </Suspense>
      ) : null}
    </ActionProvider>
  );
}

/** Leads past the navigation to whatever the screen has, as soon as Tab is pressed. */
function SkipLinks() {
  const { t } = useTranslation();
  const skip = (id: string) => document.getElementById(id)?.focus();
  return (
    <nav aria-label={t("nav.skip")}>
      {[regionIds.list, regionIds.main, regionIds.composer].map((id) => (
        <button
          key={id}
          type="button"
          onClick={() => skip(id)}
          className="sr-only focus:not-sr-only focus:fixed focus:start-2 focus:top-2 focus:z-[80] focus:rounded-control focus:bg-accent focus:px-3 focus:py-2 focus:text-on-accent"
        >
          {t(`skip.${id}`)}
        </button>
      ))}
    </nav>
  );
}

function useShellContext(): ActionContext {
  const cache = useQueryClient();
  const { data: me } = useQuery(meQuery);
  const navigate = useNavigate();
  const params = useParams({ strict: false }) as { view?: string; conversationId?: string };
  const search = useSearch({ strict: false }) as InboxSearch;
  const { conversationId } = params;
  // Follows the open conversation, so that actions judge by what it is now.
  const { data: detail } = useQuery({
    ...conversationOptions(conversationId ?? ""),
    enabled: conversationId !== undefined,
  });
  useEffect(() => requestedId.set(conversationId ?? null), [conversationId]);
  const navigation = useMemo<Navigation>(() => {
    const view = parseView(params.view ?? "mine");
    const inbox = "/inbox/$view/{-$conversationId}" as const;
    return {
      openConversation: (id) => {
        requestedId.set(id);
        const { show: _, ...list } = search;
        void navigate({
          to: inbox,
          params: { view, conversationId: id ?? undefined },
          search: id === conversationId ? search : list,
        });
      },
      openView: (next) =>
        void navigate({
          to: inbox,
          params: { view: next, conversationId },
          search: search.show ? { show: search.show } : {},
        }),
      openChannelTab: (index) =>
        void navigate({
          to: inbox,
          params: { view, conversationId },
          search: { ...search, channel: index === 0 ? undefined : channelTabs[index - 1] },
          replace: true,
        }),
      goTo: (path) =>
        void navigate({ to: path === "/settings" ? "/settings/{-$section}/{-$item}" : path }),
      showInTimeline: (show) =>
        void navigate({
          to: inbox,
          params: { view, conversationId },
          search: { ...search, show: show === "all" ? undefined : show },
          replace: true,
        }),
      openContact: (id) => void navigate({ to: "/contacts/$contactId", params: { contactId: id } }),
    };
  }, [navigate, params.view, conversationId, search]);
  if (!me) throw new Error("The frame is only drawn for people who are signed in.");
  const conversation = conversationId
    ? (detail ?? findConversation(cache, conversationId) ?? null)
    : null;
  return useMemo(
    () => ({ cache, me, conversation, navigation }),
    [cache, me, conversation, navigation],
  );
}

/** Each panel's code is fetched when it is first opened, and kept after that. */
function Panels() {
  const [palette] = useOverlay("palette");
  const [shortcuts] = useOverlay("shortcuts");
  const [compose] = useOverlay("new-conversation");
  const once = useSeen({ palette, shortcuts, compose });
  return (
    <>
      <Suspense fallback={palette ? <PaletteWaiting /> : null}>
        {once.palette ? <CommandPalette /> : null}
      </Suspense>
      <Suspense>
        {once.shortcuts ? <ShortcutSheet /> : null}
        {once.compose ? <NewConversation /> : null}
      </Suspense>
    </>
  );
}

function useSeen<K extends string>(open: Record<K, boolean>): Record<K, boolean> {
  const [seen, setSeen] = useState(open);
  const missing = (Object.keys(open) as K[]).some((key) => open[key] && !seen[key]);
  if (missing) {
    const next = { ...seen };
    for (const key of Object.keys(open) as K[]) next[key] ||= open[key];
    setSeen(next);
    return next;
  }
  return seen;
}
