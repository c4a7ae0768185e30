/**
 * Changing what is cached so that the change lasts. An answer that is still on its way may have been given
 * before the change and would put the older state back, and so would giving up on it.
 */
import type { QueryClient, QueryKey } from "@tanstack/react-query";

/**
 * Changes everything that is cached under a key, now and once more when what is on its way has arrived.
 * The change must be safe to repeat.
 */
export function changeCached<T>(
  cache: QueryClient,
  under: QueryKey,
  change: (data: T, key: QueryKey) => T,
): void {
  for (const query of cache.getQueryCache().findAll({ queryKey: under })) {
    const { queryKey } = query;
    const apply = () => {
      // What has to be asked for again is not made fresh by one piece of news.
      const stale = query.state.isInvalidated;
      cache.setQueryData<T>(queryKey, (data) => (data ? change(data, queryKey) : data));
      if (stale && query.state.data !== undefined) query.invalidate();
    };
    apply();
    if (query.state.fetchStatus !== "idle") void query.promise?.then(apply, apply);
  }
}
