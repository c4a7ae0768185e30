// The launcher button and the box that holds the panel, in a shadow tree of their own.
// Built node by node: a page that forbids inline styles or requires trusted types shows it all the same.
import { readableOn } from "./colour";
import styles from "./launcher.css?inline";
import { accent, settings, theme } from "./settings";

export const host = document.createElement("rapport-chat");
const shadow = host.attachShadow({ mode: "open" });
const sheet = new CSSStyleSheet();
sheet.replaceSync(styles);
shadow.adoptedStyleSheets = [sheet];

const add = <Name extends keyof HTMLElementTagNameMap>(parent: Node, name: Name) =>
  parent.appendChild(document.createElement(name));

const root = add(shadow, "div");
export const launcher = add(root, "button");
const badge = add(launcher, "b");
const status = add(root, "p");
export const box = add(root, "div");
status.role = "status";
box.role = "dialog";
launcher.ariaHasPopup = "dialog";

const grounds = { light: "#fff", dark: "#0f1218" };
let chatLabel = "Chat";
let unreadLabel = "";

/** `label` is the accessible name of launcher and panel, in the visitor's language. */
export function setLabel(label = chatLabel): void {
  chatLabel = box.ariaLabel = label;
  launcher.ariaLabel = unreadLabel ? `${label}, ${unreadLabel}` : label;
}

export function showOpen(open: boolean): void {
  root.classList.toggle("open", open);
  launcher.ariaExpanded = `${open}`;
}

/** Announces the count once; the same words again stay silent. */
export function showUnread(count: number, label: string): void {
  badge.textContent = count > 9 ? "9+" : count ? `${count}` : "";
  status.textContent = unreadLabel = label;
  setLabel();
}

/** Reads colour, position and theme again. */
export function paint(): void {
  root.dir = getComputedStyle(document.documentElement).direction;
  root.classList.toggle("start", settings.position === "start");
  const colours = { accent: accent(), ink: readableOn(accent()), ground: grounds[theme()] };
  for (const [name, value] of Object.entries(colours)) {
    root.style.setProperty(`--${name}`, value);
  }
}

setLabel();
showOpen(false);
