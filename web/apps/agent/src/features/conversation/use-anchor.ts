/** A link to one message: reads back until it is there, goes to it, and marks it for a while. */
import { type RefObject, useEffect, useLayoutEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { say } from "@/app/notify";
import type { TimelineRow } from "./timeline-rows";
import { rowOf, type ScrollPlace } from "./use-scroll-place";

const markedFor = 4_000;

interface Thread {
  isSuccess: boolean;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isFetchNextPageError: boolean;
  fetchNextPage: () => unknown;
}

export function useAnchor(
  anchor: string | null,
  rows: readonly TimelineRow[],
  place: ScrollPlace,
  thread: Thread,
  scroller: RefObject<HTMLDivElement | null>,
) {
  const { t } = useTranslation();
  const [marked, setMarked] = useState<string | null>(null);
  const key =
    (anchor && rows.find((row) => row.type === "message" && row.message.id === anchor)?.key) ||
    null;
  const { isSuccess, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } =
    thread;

  const missing = anchor !== null && isSuccess && key === null;
  useEffect(() => {
    if (!missing || isFetchingNextPage || isFetchNextPageError) return;
    if (hasNextPage) fetchNextPage();
    else say(t("timeline.message_missing"), { id: "message-missing" });
  }, [missing, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage, t]);

  const { pinTo } = place;
  useLayoutEffect(() => {
    if (!key) return;
    setMarked(key);
    pinTo(key);
    const timer = window.setTimeout(() => setMarked(null), markedFor);
    return () => window.clearTimeout(timer);
  }, [key, pinTo]);
  // The row may only be drawn now that it is asked for, so the way to it is gone once more.
  useLayoutEffect(() => {
    const row = marked && scroller.current ? rowOf(scroller.current, marked) : null;
    if (!marked || !row) return;
    pinTo(marked);
    row.focus({ preventScroll: true });
  }, [marked, scroller, pinTo]);
  return { anchorKey: key, marked };
}
