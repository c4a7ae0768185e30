// Talks with the page around the panel. Only the parent window, and only when it has the origin that
// the server checked before it let this page be framed, is believed or told anything.
import type { HostState, PanelNews } from "@rapport/loader/protocol";

export class Bridge {
  constructor(
    /** The embedding page's origin; null when the panel is a page of its own. */
    readonly origin: string | null,
    readonly target: Pick<Window, "postMessage"> = window.parent,
  ) {}

  tell(news: Omit<PanelNews, "rapport">): void {
    if (this.origin) {
      this.target.postMessage({ ...news, rapport: 1 } satisfies PanelNews, this.origin);
    }
  }

  /** Calls back with each state of the host page, beginning with the first. */
  listen(changed: (state: HostState) => void): void {
    addEventListener("message", (event: MessageEvent<unknown>) => {
      if (event.source === this.target && event.origin === this.origin && isHostState(event.data)) {
        changed(event.data);
      }
    });
  }
}

/** The host page may be of any make, so the shape is checked as well. */
function isHostState(data: unknown): data is HostState {
  const state = data as Partial<HostState> | null;
  return (
    typeof state === "object" &&
    state?.rapport === 1 &&
    typeof state.open === "boolean" &&
    typeof state.resets === "number" &&
    typeof state.page === "object" &&
    (state.identity === null || typeof state.identity === "object")
  );
}

/** Reads the `host` parameter: an origin and nothing more, or null. */
export function readOrigin(value: string | null): string | null {
  try {
    const url = new URL(value ?? "");
    return /^https?:$/.test(url.protocol) && url.origin === value ? value : null;
  } catch {
    return null;
  }
}
