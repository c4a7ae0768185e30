/** The rows to draw: live, unless somebody is pointing at them, then each stays in its place. */
import type { Conversation } from "@rapport/api";
import { useEffect, useMemo, useRef, useState } from "react";
import { releasedIds, releaseSignal } from "@/app/inbox-state";
import { useStore } from "@/app/store";
import { holdOrder } from "@/data/list-pages";

export interface HeldRows {
  rows: readonly Conversation[];
  pending: number;
}

export function useHeldRows(
  live: readonly Conversation[],
  hold: boolean,
  listKey: string,
): HeldRows {
  const released = useStore(releasedIds);
  const signal = useStore(releaseSignal);
  const [held, setHeld] = useState<{ key: string; signal: number; ids: readonly string[] } | null>(
    null,
  );
  const last = useRef(new Map<string, Conversation>());

  const active = held !== null && held.key === listKey && held.signal === signal && hold;
  const result = useMemo<HeldRows>(
    () => (active ? holdOrder(held.ids, live, last.current, released) : { rows: live, pending: 0 }),
    [active, held, live, released],
  );

  useEffect(() => {
    if (hold && !active && live.length > 0) {
      setHeld({ key: listKey, signal, ids: live.map((conversation) => conversation.id) });
    } else if (!hold && held) setHeld(null);
  }, [hold, active, live, listKey, signal, held]);

  useEffect(() => {
    for (const conversation of live) last.current.set(conversation.id, conversation);
    if (last.current.size > 2_000) {
      last.current = new Map(live.map((conversation) => [conversation.id, conversation]));
    }
  }, [live]);

  // While held, rows that were paged in below become part of what stays in place.
  useEffect(() => {
    if (!active) return;
    const ids = result.rows.map((conversation) => conversation.id);
    if (ids.length !== held.ids.length) setHeld({ key: listKey, signal, ids });
  }, [active, result.rows, held, listKey, signal]);

  useEffect(() => {
    if (!hold && released.size > 0) releasedIds.set(new Set());
  }, [hold, released]);

  return result;
}
