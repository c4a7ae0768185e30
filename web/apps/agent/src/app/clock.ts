/** One ticking clock for every relative time and expiry on the screen. */
import { useSyncExternalStore } from "react";

function ticker(milliseconds: number) {
  let now = Date.now();
  let timer: number | null = null;
  const listeners = new Set<() => void>();
  const tick = () => {
    now = Date.now();
    for (const listener of listeners) listener();
  };
  return {
    get: () => now,
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      if (timer === null) {
        // The clock stood still while nobody looked.
        now = Date.now();
        timer = window.setInterval(tick, milliseconds);
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && timer !== null) {
          window.clearInterval(timer);
          timer = null;
        }
      };
    },
  };
}

const slow = ticker(30_000);
const fast = ticker(1_000);

/** The time now, renewed every half minute: for "2 min ago". */
export const useNow = () => useSyncExternalStore(slow.subscribe, slow.get);
/** The time now, renewed every second: for what expires soon. */
export const useSeconds = () => useSyncExternalStore(fast.subscribe, fast.get);
