/** Asks again until there is an answer; the only place that passes time outside of Playwright's own waiting. */
import { setTimeout as delay } from "node:timers/promises";

export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | null | false>,
  timeoutMilliseconds = 20_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMilliseconds;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`Waited in vain for ${what}.`);
    await delay(20);
  }
}
