/** Moves the keyboard between the regions of the inbox. The regions carry these ids. */
import type { DraftMode, Message } from "@rapport/api";
import { createStore } from "./store";

export const regionIds = {
  list: "conversation-list",
  listSearch: "list-search",
  timeline: "timeline",
  composer: "composer-field",
  main: "main",
} as const;

/**
 * Runs once a panel that closes now has given the focus back, which it does a moment later.
 * What opens before that would see the focus leave and close again.
 */
export function afterFocusReturns(run: () => void) {
  window.setTimeout(() => window.setTimeout(run));
}

const focus = (id: string) => document.getElementById(id)?.focus();

/** Whether the list can be seen, as opposed to another screen or a conversation that fills the window. */
export function isListShown(): boolean {
  return (document.getElementById(regionIds.list)?.offsetHeight ?? 0) > 0;
}

export const focusList = () => focus(regionIds.list);
export const focusListSearch = () => focus(regionIds.listSearch);
export const focusTimeline = () => focus(regionIds.timeline);

/** The composer follows this: which mode to show, and a count that rises with each request. */
export const composerRequest = createStore<{ mode: DraftMode; count: number }>({
  mode: "reply",
  count: 0,
});
export function focusComposer(mode: DraftMode) {
  composerRequest.set(({ count }) => ({ mode, count: count + 1 }));
}

/** A message to be quoted in the reply; the composer takes it and leaves nothing. */
export const quoteRequest = createStore<Message | null>(null);
export function quoteInReply(message: Message) {
  quoteRequest.set(message);
  focusComposer("reply");
}

const panes = [regionIds.list, regionIds.timeline, regionIds.composer];

/** Moves to the next pane that is on screen, for F6. */
export function cyclePanes(backwards: boolean) {
  const present = panes.filter((id) => document.getElementById(id));
  const at = present.findIndex((id) =>
    document.getElementById(id)?.contains(document.activeElement),
  );
  const step = backwards ? -1 : 1;
  const next = present[(at + step + present.length) % present.length];
  if (next) focus(next);
}
