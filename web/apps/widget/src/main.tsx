// Entry of the panel: reads what the address says, joins host page, chat and screen.
import { isColour, readableOn } from "@rapport/loader/colour";
import type { Theme } from "@rapport/loader/protocol";
import { Client } from "./api/client";
import { Bridge, readOrigin } from "./host/bridge";
import { type Language, loadLanguage } from "./i18n";
import { Chat } from "./model/chat";
import { Memory } from "./model/memory";
import "./styles/index.css";
import { draw } from "./ui/start";

const parameters = new URLSearchParams(location.search);
const key = parameters.get("key") ?? "";
const host = window.parent === window ? null : readOrigin(parameters.get("host"));
const bridge = new Bridge(host);
const root = document.documentElement;

let language: Language;
let locale = parameters.get("locale") || navigator.language;
let started = false;
let unread = 0;

const tellUnread = () =>
  bridge.tell({ unread: { count: unread, text: unread ? language.plural("unread", unread) : "" } });

const chat = new Chat(new Client(new URL("v1/", location.href).href, key, host), new Memory(key), {
  unread(count) {
    unread = count;
    tellUnread();
  },
  token: (token) => bridge.tell({ token }),
  gone: () => bridge.tell({ gone: true }),
  event: (name, detail) => bridge.tell({ event: { name, detail } }),
});

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

function paint(theme: Theme | null) {
  root.dataset.theme = theme ?? (prefersDark.matches ? "dark" : "light");
  // What the page asks for wins, so that the panel is of the launcher's colour.
  const colour = [parameters.get("color"), chat.store.state.config?.accent_color].find(isColour);
  if (colour) {
    root.style.setProperty("--brand", colour);
    root.style.setProperty("--on-brand", readableOn(colour));
  }
}

async function speak(wanted: string) {
  locale = wanted;
  language = await loadLanguage(wanted);
  root.lang = language.language;
  root.dir = language.direction;
  bridge.tell({ label: language.word("chat") });
  draw({ chat, language, close: host ? () => bridge.tell({ close: true }) : null });
}

let theme = parameters.get("theme") as Theme | null;
paint(theme);
prefersDark.addEventListener("change", () => paint(theme));
chat.store.subscribe(() => paint(theme));

bridge.listen((state) => {
  if (state.theme !== theme) {
    theme = state.theme;
    paint(theme);
  }
  if (state.locale !== locale) {
    speak(state.locale).then(tellUnread);
  }
  if (started) {
    chat.hostChanged(state);
  } else {
    started = true;
    chat.start(state);
  }
});

// The host page answers the label with its state, which starts the chat; alone, it starts at once.
await speak(locale);
if (!host) {
  chat.start(null);
}
