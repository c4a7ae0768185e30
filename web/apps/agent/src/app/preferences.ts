/** How this person likes the screen. Kept in the browser and applied at once. */
import { createPersistentStore, createStore, useStore } from "./store";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];
export const densities = ["comfortable", "compact"] as const;
export type Density = (typeof densities)[number];

const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
export const theme = createPersistentStore<Theme>("theme", "system", (value): value is Theme =>
  themes.includes(value as Theme),
);
export const density = createPersistentStore<Density>(
  "density",
  "comfortable",
  (value): value is Density => densities.includes(value as Density),
);
export const shortcutsOn = createPersistentStore("shortcuts", true, isBoolean);
export const enterSends = createPersistentStore("enter-sends", false, isBoolean);
export const viewsShown = createPersistentStore("views-shown", true, isBoolean);
export const drawerShown = createPersistentStore("drawer-shown", true, isBoolean);
/** Whether bright mail is shown less bright on a dark screen. */
export const mailDimmed = createPersistentStore("mail-dimmed", false, isBoolean);
export const railWide = createPersistentStore("rail-wide", false, isBoolean);

/** The open conversation alone, until the page is loaded again. */
export const focusMode = createStore(false);

const darkMedia = window.matchMedia?.("(prefers-color-scheme: dark)");

const isDark = createStore(document.documentElement.dataset.theme === "dark");
export const useIsDark = () => useStore(isDark);

function applyAppearance() {
  const choice = theme.get();
  const dark = choice === "dark" || (choice === "system" && Boolean(darkMedia?.matches));
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  isDark.set(dark);
  document.documentElement.dataset.density = density.get();
}
theme.subscribe(applyAppearance);
density.subscribe(applyAppearance);
darkMedia?.addEventListener("change", applyAppearance);
