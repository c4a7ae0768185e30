// What the site owner wrote on the script tag, completed by the account's public settings.
import { isColour } from "./colour";
import type { PageContext, Theme } from "./protocol";

const script = document.currentScript as HTMLScriptElement;

export interface Settings {
  key?: string;
  color?: string;
  position?: string;
  theme?: string;
  locale?: string;
}

export const settings: Settings = { ...script.dataset };
export const key = encodeURIComponent(settings.key ?? "");
/** Everything else lives beside widget.js. */
export const base = script.src.replace(/[^/]*$/, "");
export const { origin } = new URL(base);

/**
 * Fills in colour and position from the account. Answers false when the account says that there is no
 * such chat. A page whose policy forbids the request still gets a launcher, in the default look.
 */
export async function completeSettings(): Promise<boolean> {
  try {
    if (!settings.color || !settings.position) {
      const answer = await fetch(`${base}widget/v1/launcher?key=${key}`, {
        credentials: "omit",
        signal: AbortSignal.timeout(4_000),
      });
      if (answer.status === 404) {
        return false;
      }
      const account = await answer.json();
      settings.color ??= account.accent_color;
      settings.position ??= account.launcher_position;
    }
  } catch {
    // A blocked or failed request only costs the colour.
  }
  return true;
}

export const accent = () => (isColour(settings.color) ? settings.color : "#2f5bd8");

export const locale = () => settings.locale || document.documentElement.lang || navigator.language;

/** Without a setting, dark only where the page itself declares that it can be dark. */
export function theme(): Theme {
  const declared = settings.theme || getComputedStyle(document.documentElement).colorScheme;
  const wanted = !declared.includes("light") || prefersDark.matches;
  return declared.includes("dark") && wanted ? "dark" : "light";
}

export const prefersDark = matchMedia("(prefers-color-scheme:dark)");

const withoutQuery = (url: string) => url.replace(/[?#].*/, "");

export const pageContext = (): PageContext => ({
  url: withoutQuery(location.href),
  title: document.title.slice(0, 256),
  referrer: withoutQuery(document.referrer),
});
