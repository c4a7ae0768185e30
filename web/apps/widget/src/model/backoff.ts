// How long to wait before the next attempt.

const firstMs = 500;
const longestMs = 30_000;

/** Doubles from 0.5 s to 30 s, spread over its whole range so that clients do not come back at once. */
export function retryDelay(attempt: number, random: number): number {
  const ceiling = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 16));
  return Math.round(ceiling * (0.25 + 0.75 * random));
}
