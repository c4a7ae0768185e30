/**
 * Everything that can be done, once: its words, its key, when it may run and what it does.
 * Buttons, the command menu and the keyboard all run these objects.
 */
import type { Conversation, Me, Permission, ViewName } from "@rapport/api";
import type { QueryClient } from "@tanstack/react-query";
import { type BulkKind, isPicking, requestBulk } from "@/app/selection";
import type { TimelineShow } from "@/data/list-query";

/** Where an action can take the reader; the router fulfils it. */
export interface Navigation {
  openConversation: (id: string | null) => void;
  openView: (view: ViewName) => void;
  openChannelTab: (index: number) => void;
  goTo: (path: "/contacts" | "/search" | "/settings") => void;
  openContact: (id: string) => void;
  showInTimeline: (show: TimelineShow) => void;
}

export interface ActionContext {
  cache: QueryClient;
  me: Me;
  /** The open conversation, if there is one. */
  conversation: Conversation | null;
  navigation: Navigation;
}

/** `true`, or the reason in words why not now, or `false` when it does not apply at all. */
export type Availability = true | false | string;

export type ActionGroup = "conversation" | "list" | "navigate" | "compose" | "view" | "general";

export interface Action {
  id: string;
  group: ActionGroup;
  /** A key in the language file. */
  label: string;
  /** `e`, `shift+c`, `mod+k` or a sequence such as `g i`. */
  shortcut?: string;
  /** A second key for the same thing. */
  alternative?: string;
  /** More words the command menu finds it by, as a key in the language file. */
  keywords?: string;
  /** Runs also while somebody is typing. Only for chords with a modifier. */
  whileTyping?: boolean;
  /** Absent from the command menu, because it only makes sense as a key. */
  keyOnly?: boolean;
  /** What it does to conversations that are picked in the list, where it can. */
  bulk?: BulkKind;
  canRun: (context: ActionContext) => Availability;
  /** A promise it may return is not waited for. */
  run: (context: ActionContext) => unknown;
}

export const can = (context: ActionContext, permission: Permission) =>
  context.me.permissions.includes(permission);

const bulkPermission: Partial<Record<BulkKind, Permission>> = {
  assign_to_me: "conversation.assign",
  assign: "conversation.assign",
  unassign: "conversation.assign",
  close: "conversation.close",
  solve: "conversation.edit",
  wait: "conversation.edit",
  status: "conversation.edit",
  priority: "conversation.edit",
};
export function mayBulk(me: Me, kind: BulkKind): boolean {
  const needed = bulkPermission[kind];
  return needed === undefined || me.permissions.includes(needed);
}

/** Picked conversations come before the open one. */
export function availability(found: Action, context: ActionContext): Availability {
  return found.bulk && isPicking() ? mayBulk(context.me, found.bulk) : found.canRun(context);
}
export function start(found: Action, context: ActionContext) {
  if (found.bulk && isPicking()) requestBulk(found.bulk);
  else void found.run(context);
}

const registered = new Map<string, Action>();

export function register(actions: Action[]) {
  for (const action of actions) registered.set(action.id, action);
}
export const allActions = (): Action[] => [...registered.values()];

export function action(id: string): Action {
  const found = registered.get(id);
  if (!found) throw new Error(`No action is called ${id}.`);
  return found;
}

/** Runs an action if it may run now, and says whether it did. */
export function runAction(id: string, context: ActionContext): boolean {
  const found = action(id);
  if (found.canRun(context) !== true) return false;
  void found.run(context);
  return true;
}
