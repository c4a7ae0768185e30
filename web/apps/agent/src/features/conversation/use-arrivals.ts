/** Where the thread opens, and what happens to the view when messages are added to it. */
import { useLayoutEffect, useRef, useState } from "react";
import { useMe } from "@/app/session";
import { firstUnread, type TimelineRow } from "./timeline-rows";
import type { ScrollPlace } from "./use-scroll-place";

interface Arrivals {
  rows: readonly TimelineRow[];
  /** The rows at the end of the thread; others than `rows` while those stop before it. */
  endRows: readonly TimelineRow[];
  loaded: boolean;
  reachesEnd: boolean;
  /** How many were unread when the conversation was opened. */
  unread: number;
  place: ScrollPlace;
  toNewest: () => void;
}

export function useArrivals({
  rows,
  endRows,
  loaded,
  reachesEnd,
  unread,
  place,
  toNewest,
}: Arrivals) {
  const me = useMe();
  const [unseen, setUnseen] = useState(0);
  const [unreadKey, setUnreadKey] = useState<string | null>(null);
  const before = useRef<{ last: string | null; count: number }>({ last: null, count: 0 });
  const lastKey = endRows.at(-1)?.key ?? null;
  const { pinTo, toEnd, keep, wasAtEnd } = place;

  // biome-ignore lint/correctness/useExhaustiveDependencies: judged once, when the thread has arrived.
  useLayoutEffect(() => {
    if (!loaded || !reachesEnd) return;
    const key = firstUnread(rows, unread);
    setUnreadKey(key);
    if (key) pinTo(key);
    else toEnd();
  }, [loaded]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: rows that are read on to are a reason to keep the place, too.
  useLayoutEffect(() => {
    const { last: known, count } = before.current;
    before.current = { last: lastKey, count: endRows.length };
    const grew = known !== null && known !== lastKey;
    // What one sent may be followed at once by what came of it, such as that one took the conversation.
    const seen = endRows.findLastIndex((row) => row.key === known);
    const mine = endRows
      .slice(seen + 1 || -1)
      .some((row) => row.type === "message" && row.message.author.id === me.user.id);
    if (grew && mine && !reachesEnd) toNewest();
    else if (grew && reachesEnd && (mine || wasAtEnd())) toEnd();
    else {
      if (grew) setUnseen((now) => now + Math.max(1, endRows.length - count));
      keep();
    }
  }, [rows, endRows, lastKey, reachesEnd, me.user.id, wasAtEnd, toEnd, keep]);

  return { unseen, unreadKey, seeEnd: () => setUnseen(0) };
}
