/** Fetching parts of the app when they are needed, also where the network is gone just then. */

/**
 * Waits for the network when it is known to be gone, because a part that could not be fetched
 * would otherwise take the screen down that it was only to be added to.
 */
export async function whenReachable<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (navigator.onLine) throw error;
    await new Promise((resolve) => window.addEventListener("online", resolve, { once: true }));
    return whenReachable(load);
  }
}

/** Fetches parts once the screen has settled, so that they open at once and without a network. */
export function fetchLater(parts: readonly (() => Promise<unknown>)[], delay = 3_000): () => void {
  const timer = window.setTimeout(() => {
    // Each is asked for again when it is needed, so a failure here means nothing yet.
    for (const part of parts) part().catch(() => undefined);
  }, delay);
  return () => window.clearTimeout(timer);
}
