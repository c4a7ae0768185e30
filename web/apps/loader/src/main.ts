// Entry of widget.js: puts a chat launcher on somebody else's page and offers window.Rapport.
import { forget, identify, listen, load, returning, sync, syncOpen, unload } from "./panel";
import type { Identity } from "./protocol";
import { completeSettings, key, prefersDark, type Settings, settings } from "./settings";
import { box, host, launcher, paint, setLabel, showOpen, showUnread } from "./view";

type Listener = (detail?: unknown) => void;
type Command = (...values: unknown[]) => unknown;

const page = window as { Rapport?: { q?: ArrayLike<unknown>[]; version?: number } };
const earlier = page.Rapport;
const listeners: [string, Listener][] = [];
let open = false;
// Nothing is loaded or shown before the account has said that this chat exists.
let shown = false;

function emit(name: string, detail?: unknown) {
  for (const [wanted, listener] of listeners) {
    if (wanted === name) {
      listener(detail);
    }
  }
}

/** Also brings the launcher back on pages that swap their body while navigating. */
function attach() {
  if (shown && !host.isConnected) {
    // An iframe that leaves the document loses its page, so the panel starts anew.
    unload();
    document.body.append(host);
    if (open) {
      load();
    }
  }
}

function setOpen(next: boolean) {
  if (next !== open) {
    open = next;
    showOpen(next);
    syncOpen(next);
    emit(next ? "open" : "close");
  }
}

/** Somebody who talked here before is owed the unread count; everybody else costs nothing yet. */
function warmUp() {
  if (shown && returning()) {
    setTimeout(load, 1);
  }
}

function repaint() {
  paint();
  sync();
}

const methods = {
  version: 1,
  open: () => setOpen(true),
  close: () => setOpen(false),
  toggle: () => setOpen(!open),
  identify(identity: Identity) {
    identify(identity);
    warmUp();
  },
  set(changes: Settings) {
    Object.assign(settings, changes);
    repaint();
  },
  on: (name: string, listener: Listener) => listeners.push([name, listener]),
  reset() {
    setOpen(false);
    showUnread(0, "");
    forget();
  },
  /** Takes the chat off this page, until the next one is loaded. */
  shutdown() {
    setOpen(false);
    shown = false;
    unload();
    host.remove();
  },
};

async function start() {
  shown = await completeSettings();
  repaint();
  attach();
  warmUp();
  emit("ready");
}

if (key && !earlier?.version) {
  const api = (name: keyof typeof methods, ...values: unknown[]) =>
    (methods[name] as unknown as Command)(...values);
  page.Rapport = Object.assign(api, methods);
  for (const call of earlier?.q ?? []) {
    api(...(Array.from(call) as Parameters<typeof api>));
  }
  listen(({ label, close, unread, gone, event }) => {
    setLabel(label);
    if (close) {
      setOpen(false);
      launcher.focus();
    }
    if (unread) {
      showUnread(unread.count, unread.text);
      emit("unread", unread.count);
    }
    if (event) {
      emit(event.name, event.detail);
    }
    if (gone) {
      methods.shutdown();
    }
  });
  launcher.onclick = methods.toggle;
  launcher.onpointerenter = launcher.onfocus = load;
  prefersDark.onchange = repaint;
  new MutationObserver(attach).observe(document.documentElement, { childList: true });
  // A phone's keyboard covers half of a full-screen panel unless it shrinks with the visible part.
  const viewport = visualViewport as VisualViewport;
  viewport.onresize = () =>
    box.style.setProperty("--height", viewport.scale > 1 ? "" : `${viewport.height}px`);
  if (document.body) {
    start();
  } else {
    addEventListener("DOMContentLoaded", start);
  }
}
