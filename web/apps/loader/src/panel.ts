// The iframe: made when somebody shows interest, spoken to only by checked messages.
import type { HostState, Identity, PanelNews } from "./protocol";
import { base, key, locale, origin, pageContext, settings, theme } from "./settings";
import { box } from "./view";

const storageName = `rapport.${key}`;
let frame: HTMLIFrameElement | undefined;
let ready = false;
let open = false;
let identity: Identity | null = null;
let resets = 0;

/** The host page's copy of the visitor token. Storage may be switched off; the iframe has its own. */
function mirror(value?: string | null): string | null {
  try {
    if (value) {
      localStorage.setItem(storageName, value);
    } else if (value === null) {
      localStorage.removeItem(storageName);
    }
    return localStorage.getItem(storageName);
  } catch {
    return null;
  }
}

/** True when this browser has talked here before. */
export const returning = () => !!mirror();

/** Tells the panel how things stand, now or as soon as it listens. */
export function sync(): void {
  if (ready) {
    const state: HostState = {
      rapport: 1,
      open,
      token: mirror(),
      identity,
      resets,
      page: pageContext(),
      theme: theme(),
      locale: locale(),
    };
    frame?.contentWindow?.postMessage(state, origin);
  }
}

export function load(): void {
  if (!frame) {
    frame = document.createElement("iframe");
    frame.title = "Chat";
    frame.src = `${base}widget/panel?key=${key}&host=${location.origin}&locale=${locale()}&theme=${theme()}&color=${encodeURIComponent(settings.color ?? "")}`;
    box.append(frame);
  }
}

export function unload(): void {
  frame?.remove();
  frame = undefined;
  ready = false;
}

export function syncOpen(next: boolean): void {
  open = next;
  if (next) {
    load();
    frame?.focus();
  }
  sync();
}

export function identify(next: Identity): void {
  identity = next;
  sync();
}

/** Forgets the visitor here and in the panel, which is loaded for that if it may remember one. */
export function forget(): void {
  if (returning()) {
    load();
  }
  mirror(null);
  identity = null;
  resets++;
  sync();
}

export function listen(received: (news: PanelNews) => void): void {
  addEventListener("message", ({ source, origin: from, data }: MessageEvent) => {
    if (frame && source === frame.contentWindow && from === origin && data?.rapport === 1) {
      const news: PanelNews = data;
      mirror(news.token);
      if (news.label) {
        ready = true;
        sync();
      }
      received(news);
    }
  });
}
