// What the loader on the host page and the panel in the iframe tell each other.
// Both sides check the origin and the source window of each message before they read it.

export interface Identity {
  user_id: string;
  /** Hex HMAC-SHA256 of `user_id`, made by the site's server. */
  hash: string;
  email?: string;
  name?: string;
}

export interface PageContext {
  /** Origin and path only: query strings and fragments may carry secrets. */
  url: string;
  title: string;
  referrer: string;
}

export type Theme = "light" | "dark";

/** Loader to panel: always the whole state, sent once the panel is ready and after each change. */
export interface HostState {
  rapport: 1;
  open: boolean;
  /** The copy kept by the host page, for browsers that forget the iframe's storage. */
  token: string | null;
  identity: Identity | null;
  /** How often the page asked to forget the visitor; one more than before means: forget. */
  resets: number;
  page: PageContext;
  theme: Theme;
  locale: string;
}

/** Panel to loader: what has changed. */
export interface PanelNews {
  rapport: 1;
  /** The panel listens; names launcher and panel in the visitor's language. */
  label?: string;
  /** Leave the panel and go back to the launcher. */
  close?: true;
  /** `text` says the count in words; empty when there is nothing unread. */
  unread?: { count: number; text: string };
  /** What the host page keeps: a token, `here` (identified by the site), or null for nothing. */
  token?: string | null;
  /** The chat does not exist or is switched off: leave the page alone. */
  gone?: true;
  event?: { name: "message" | "error"; detail: unknown };
}
