/** What the list shows right now, for the keys and actions that move through it. */
import { createStore } from "./store";

/** Ids in the order on screen. */
export const shownIds = createStore<readonly string[]>([]);
/** The conversation asked for last. Quick key presses go on from here, not from what is drawn. */
export const requestedId = createStore<string | null>(null);
/** Rows the reader changed; they may leave a held list at once. */
export const releasedIds = createStore<ReadonlySet<string>>(new Set());
/** Raised to make a held list show its waiting changes. */
export const releaseSignal = createStore(0);

export function releaseRow(id: string) {
  releasedIds.set((ids) => new Set([...ids, id]));
}

export function neighbour(id: string | null, step: 1 | -1): string | null {
  const ids = shownIds.get();
  if (ids.length === 0) return null;
  const at = id ? ids.indexOf(id) : -1;
  if (at < 0) return ids[0] ?? null;
  return ids[at + step] ?? null;
}
