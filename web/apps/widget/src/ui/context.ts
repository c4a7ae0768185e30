// What every part of the screen needs.
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Language } from "../i18n";
import type { Chat } from "../model/chat";
import type { State } from "../model/state";
import type { Format } from "../text/format";

export interface View {
  chat: Chat;
  state: State;
  language: Language;
  format: Format;
  /** Null when the panel is a page of its own, which cannot be closed. */
  close: (() => void) | null;
}

export const ViewContext = createContext<View | null>(null);

export function useView(): View {
  const view = useContext(ViewContext);
  if (!view) {
    throw new Error("used outside of the panel");
  }
  return view;
}

/** The current time, renewed each second until `until` has passed. */
export function useNow(until: number | undefined): number {
  const [now, setNow] = useState(Date.now);
  const waiting = until !== undefined && until > now;
  useEffect(() => {
    if (waiting) {
      const timer = setInterval(() => setNow(Date.now()), 1_000);
      return () => clearInterval(timer);
    }
  }, [waiting]);
  return now;
}
