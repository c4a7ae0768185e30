/** Keeps the cache live while somebody is signed in, and says whether the connection stands. */
import { api, type Me, type ServerEvent } from "@rapport/api";
import { notifyManager, type QueryClient, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { reportSessionEnd, sessionEnded } from "@/app/session";
import { useStore } from "@/app/store";
import { writeConversation } from "@/data/cache";
import { keys } from "@/data/keys";
import { applyEvent } from "./apply-event";
import { type ConnectionState, SharedConnection } from "./shared-connection";

const StateContext = createContext<ConnectionState>("connecting");
export const useConnectionState = () => useContext(StateContext);

/** Open conversation first, then the lists in view, then the numbers beside the views. */
async function resync(cache: QueryClient) {
  const active = (queryKey: readonly unknown[]) =>
    cache.invalidateQueries({ queryKey, refetchType: "active" });
  await Promise.all([active(keys.conversations), active(keys.timelines)]);
  await active(keys.lists);
  await active(keys.counts);
  await cache.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "me" });
}

function countsRefresher(cache: QueryClient) {
  let timer: number | null = null;
  return () => {
    if (timer !== null) return;
    timer = window.setTimeout(() => {
      timer = null;
      void cache.invalidateQueries({ queryKey: keys.counts });
    }, 700);
  };
}

/** Fetches conversations that events spoke of and nobody has loaded, each once at a time. */
function conversationFetcher(cache: QueryClient, myId: string) {
  const underWay = new Set<string>();
  return (id: string) => {
    if (underWay.has(id)) return;
    underWay.add(id);
    api
      .conversation(id)
      .then((conversation) => writeConversation(cache, conversation, myId))
      .catch(() => cache.invalidateQueries({ queryKey: keys.lists }))
      .finally(() => underWay.delete(id));
  };
}

/** Applies bursts once per frame, so that many events cost one paint. */
function batcher(apply: (events: ServerEvent[]) => void) {
  let waiting: ServerEvent[] = [];
  const flush = () => {
    const events = waiting;
    waiting = [];
    apply(events);
  };
  return (event: ServerEvent) => {
    waiting.push(event);
    if (waiting.length > 1) return;
    if (document.visibilityState === "visible") requestAnimationFrame(flush);
    else window.setTimeout(flush, 50);
  };
}

export function RealtimeProvider({ me, children }: { me: Me; children: ReactNode }) {
  const cache = useQueryClient();
  const [state, setState] = useState<ConnectionState>("connecting");
  const myId = me.user.id;
  const workspaceId = me.workspace.id;
  const ended = useStore(sessionEnded);

  useEffect(() => {
    // Until somebody logs in again, every question would be refused.
    if (ended) return;
    const context = {
      myId,
      refreshCounts: countsRefresher(cache),
      fetchConversation: conversationFetcher(cache, myId),
    };
    let wasLive = false;
    const connection = new SharedConnection(`${workspaceId}.${myId}`, 0, {
      onEvent: batcher((events) =>
        notifyManager.batch(() => {
          for (const event of events) applyEvent(cache, event, context);
        }),
      ),
      onResync: () => void resync(cache),
      onState: (next) => {
        setState(next);
        // The first connection starts after the first snapshots, so what came between is fetched.
        if (next === "live" && !wasLive) {
          wasLive = true;
          void resync(cache);
        }
      },
      onUnauthenticated: reportSessionEnd,
    });
    return () => connection.stop();
  }, [cache, myId, workspaceId, ended]);

  return <StateContext value={state}>{children}</StateContext>;
}
