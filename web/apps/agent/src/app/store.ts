/** A value outside React that components can follow. For interface state that is not server state. */
import { useSyncExternalStore } from "react";

export interface Store<T> {
  get: () => T;
  set: (next: T | ((current: T) => T)) => void;
  subscribe: (listener: () => void) => () => void;
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set: (next) => {
      const resolved = typeof next === "function" ? (next as (current: T) => T)(value) : next;
      if (Object.is(resolved, value)) return;
      value = resolved;
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get, store.get);
}

/** A store that remembers its value in this browser, under `rapport.<name>`. */
export function createPersistentStore<T>(
  name: string,
  initial: T,
  accept: (value: unknown) => value is T,
): Store<T> {
  const key = `rapport.${name}`;
  const store = createStore<T>(read(key, initial, accept));
  const write = store.set;
  window.addEventListener("storage", (event) => {
    if (event.key === key) write(read(key, initial, accept));
  });
  return {
    ...store,
    set: (next) => {
      write(next);
      try {
        const value = store.get();
        localStorage.setItem(key, typeof value === "string" ? value : JSON.stringify(value));
      } catch {
        // A full or forbidden storage only means that the choice lasts until the tab closes.
      }
    },
  };
}

function read<T>(key: string, initial: T, accept: (value: unknown) => value is T): T {
  try {
    const raw = localStorage.getItem(key);
    if (raw === null) return initial;
    if (accept(raw)) return raw;
    const parsed: unknown = JSON.parse(raw);
    return accept(parsed) ? parsed : initial;
  } catch {
    return initial;
  }
}
