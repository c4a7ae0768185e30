/**
 * Everything that can be done, once: its words, its key, when it may run and what it does.
 * Buttons, the command menu and the keyboard all run these objects.
 */
import type { Conversation, Me, Permission, ViewName } from "@rapport/api";
import type { QueryClient } from "@tanstack/react-query";

/** Where an action can take the reader; the router fulfils it. */
export interface Navigation {
  openConversation: (id: string | null) => void;
  openView: (view: ViewName) => void;
  openChannelTab: (index: number) => void;
  goTo: (path: "/contacts" | "/search" | "/settings") => void;
  openContact: (id: string) => void;
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

export type ActionGroup = "conversation" | "navigate" | "compose" | "view" | "general";

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
  canRun: (context: ActionContext) => Availability;
  /** A promise it may return is not waited for. */
  run: (context: ActionContext) => unknown;
}

export const can = (context: ActionContext, permission: Permission) =>
  context.me.permissions.includes(permission);

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
