/**
 * Which stretch of a thread is on the screen. It is read from its end; a link to a message that has not
 * been loaded opens the thread around that message, from where it can be read both ways.
 */
import { ApiError, type TimelinePage } from "@rapport/api";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { say } from "@/app/notify";
import { keys } from "@/data/keys";
import type { TimelineShow } from "@/data/list-query";
import { timelineOptions } from "@/data/queries";
import { holdsMessage, type TimelinePages } from "@/data/timeline-pages";

export interface Stretch {
  pages: readonly TimelinePage[];
  state: "loading" | "failed" | "ready";
  error: unknown;
  retry: () => void;
  /** Whether it goes on before what is loaded, and after it. */
  hasOlder: boolean;
  hasNewer: boolean;
  fetching: "older" | "newer" | null;
  failed: "older" | "newer" | null;
  readOlder: () => void;
  readNewer: () => void;
}

function useStretch(id: string, around: string | null): Stretch {
  const query = useInfiniteQuery(timelineOptions(id, around));
  const { isFetching, hasNextPage, hasPreviousPage, fetchNextPage, fetchPreviousPage } = query;
  return {
    pages: query.data?.pages ?? noPages,
    state: query.data ? "ready" : query.isPending ? "loading" : "failed",
    error: query.error,
    retry: () => void query.refetch(),
    hasOlder: hasNextPage,
    hasNewer: hasPreviousPage,
    fetching: query.isFetchingNextPage ? "older" : query.isFetchingPreviousPage ? "newer" : null,
    failed: query.isFetchNextPageError ? "older" : query.isFetchPreviousPageError ? "newer" : null,
    // One at a time: a second one would give up what is on its way, be it a page or what was missed.
    readOlder: () => void (hasNextPage && !isFetching && fetchNextPage()),
    readNewer: () => void (hasPreviousPage && !isFetching && fetchPreviousPage()),
  };
}

const noPages: readonly TimelinePage[] = [];

interface Chosen {
  anchor: string | null;
  show: TimelineShow;
  /** The message around which the thread was opened, or nothing where it is read from its end. */
  around: string | null;
}

export interface Thread {
  around: string | null;
  shown: Stretch;
  /** The end of the thread, which is kept up to date wherever the reader is. */
  end: Stretch;
  toNewest: () => void;
}

export function useThread(id: string, anchor: string | null, show: TimelineShow): Thread {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const [chosen, setChosen] = useState<Chosen>({ anchor: null, show, around: null });
  const holds = (around: string | null) =>
    anchor !== null &&
    holdsMessage(cache.getQueryData<TimelinePages>(keys.timeline(id, around)), anchor);
  let { around } = chosen;
  if (chosen.anchor !== anchor || chosen.show !== show) {
    // Another choice of what is shown begins at the end. A link that has gone leaves the reader in place.
    if (chosen.show !== show) around = null;
    if (anchor !== null && chosen.anchor !== anchor && !holds(around)) {
      around = holds(null) ? null : anchor;
    }
    setChosen({ anchor, show, around });
  }
  const shown = useStretch(id, around);
  const end = useStretch(id, null);
  const missing =
    around !== null &&
    shown.error instanceof ApiError &&
    shown.error.status === 404 &&
    !shown.pages[0];
  useEffect(() => {
    if (!missing) return;
    say(t("timeline.message_missing"), { id: "message-missing" });
    setChosen((now) => ({ ...now, around: null }));
  }, [missing, t]);
  return { around, shown, end, toNewest: () => setChosen((now) => ({ ...now, around: null })) };
}
