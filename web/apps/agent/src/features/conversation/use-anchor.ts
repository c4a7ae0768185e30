/** A link to one message: goes to it once it is there, and marks it for a while. */
import { type RefObject, useEffect, useLayoutEffect, useState } from "react";
import type { MessageRow, TimelineRow } from "./timeline-rows";
import { rowOf, type ScrollPlace } from "./use-scroll-place";

const markedFor = 4_000;
/** A region that has only just been drawn is not listened to yet. */
const saidAfter = 300;

export function useAnchor(
  anchor: string | null,
  rows: readonly TimelineRow[],
  place: ScrollPlace,
  scroller: RefObject<HTMLDivElement | null>,
) {
  const [marked, setMarked] = useState<string | null>(null);
  const row = rows.find(
    (one): one is MessageRow => one.type === "message" && one.message.id === anchor,
  );
  const key = row?.key ?? null;

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
    const element = marked && scroller.current ? rowOf(scroller.current, marked) : null;
    if (!marked || !element) return;
    pinTo(marked);
    element.focus({ preventScroll: true });
  }, [marked, scroller, pinTo]);
  const [arrived, setArrived] = useState<string | null>(null);
  useEffect(() => {
    const timer = window.setTimeout(() => setArrived(key), saidAfter);
    return () => window.clearTimeout(timer);
  }, [key]);
  return { anchorKey: key, marked, arrivedAt: key === arrived ? (row ?? null) : null };
}
