/** The conversations picked in the list, to do one thing to all of them. */
import { shownIds } from "./inbox-state";
import { createStore } from "./store";

const nothing: ReadonlySet<string> = new Set();
export const picked = createStore<ReadonlySet<string>>(nothing);
/** The row that the keys stand on while picking, where that is not the open conversation. */
export const pickCursor = createStore<string | null>(null);

/** What was picked before the present range began, and where the range starts. */
let base: ReadonlySet<string> = nothing;
let anchor: string | null = null;

export const isPicking = () => picked.get().size > 0;

export function clearPicks() {
  picked.set(nothing);
  pickCursor.set(null);
  base = nothing;
  anchor = null;
}

export function togglePick(id: string) {
  const next = new Set(picked.get());
  if (!next.delete(id)) next.add(id);
  picked.set(next);
  pickCursor.set(id);
  base = next;
  anchor = id;
}

/** Picks everything from where the range began to this row, and lets go of what it no longer covers. */
export function pickTo(id: string, from: string | null) {
  const ids = shownIds.get();
  const start = ids.indexOf(anchor ?? from ?? id);
  const end = ids.indexOf(id);
  if (end < 0) return;
  if (start < 0) {
    togglePick(id);
    return;
  }
  anchor ??= ids[start] ?? null;
  const range = ids.slice(Math.min(start, end), Math.max(start, end) + 1);
  picked.set(new Set([...base, ...range]));
  pickCursor.set(id);
}

/** One row further in this direction, beginning at the open conversation. */
export function extendPicks(step: 1 | -1, openId: string | null) {
  const ids = shownIds.get();
  const here = pickCursor.get() ?? openId;
  const at = here ? ids.indexOf(here) : -1;
  const target = at < 0 ? ids[0] : (ids[at + step] ?? ids[at]);
  if (target) pickTo(target, at < 0 ? null : here);
}

export function pickAll() {
  picked.set(new Set(shownIds.get()));
  base = picked.get();
}

/** Forgets what has left the list. */
export function keepPicks(ids: readonly string[]) {
  const shown = new Set(ids);
  const kept = [...picked.get()].filter((id) => shown.has(id));
  if (kept.length === picked.get().size) return;
  picked.set(kept.length > 0 ? new Set(kept) : nothing);
  base = picked.get();
  const cursor = pickCursor.get();
  if (cursor && !shown.has(cursor)) pickCursor.set(null);
  if (anchor && !shown.has(anchor)) anchor = null;
}

export const bulkKinds = [
  "assign_to_me",
  "assign",
  "unassign",
  "close",
  "solve",
  "wait",
  "status",
  "priority",
  "mark_read",
  "mark_unread",
] as const;
export type BulkKind = (typeof bulkKinds)[number];

/** The bar of the picked conversations follows this; the count rises with each request. */
export const bulkRequest = createStore<{ kind: BulkKind | null; count: number }>({
  kind: null,
  count: 0,
});
export const requestBulk = (kind: BulkKind) =>
  bulkRequest.set(({ count }) => ({ kind, count: count + 1 }));

/** While something is being done to them, or it says what went wrong, the bar stays. */
export const bulkBusy = createStore(false);
