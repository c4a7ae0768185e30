/** Does one thing to many, a few at a time, and keeps account of what did not go. */
export interface BulkFailure<Item> {
  item: Item;
  error: unknown;
}
export interface BulkOutcome<Item> {
  done: Item[];
  failed: BulkFailure<Item>[];
  /** What was not begun, because it was stopped. */
  left: Item[];
}

/** Enough to keep the server busy, few enough to leave it to others. */
export const parallel = 5;

export async function runBulk<Item>(
  items: readonly Item[],
  act: (item: Item) => Promise<unknown>,
  onProgress: (finished: number) => void,
  signal: AbortSignal,
): Promise<BulkOutcome<Item>> {
  const waiting = [...items];
  const done: Item[] = [];
  const failed: BulkFailure<Item>[] = [];
  const worker = async () => {
    while (!signal.aborted) {
      const item = waiting.shift();
      if (item === undefined) return;
      try {
        await act(item);
        done.push(item);
      } catch (error) {
        failed.push({ item, error });
      }
      onProgress(done.length + failed.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, items.length) }, worker));
  return { done, failed, left: waiting };
}
