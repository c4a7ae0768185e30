/** What can be done to a conversation from its row, without opening it. */
import type { Conversation } from "@rapport/api";
import { assign, close, markRead, markUnread } from "@/actions/commands";
import { mayAssign } from "@/actions/conversation-actions";
import { type ActionContext, action, can, start } from "@/actions/registry";
import { t } from "@/i18n";

export type RowActKind = "assign_to_me" | "close" | "mark_unread" | "mark_read";
export interface RowAct {
  kind: RowActKind;
  label: string;
  shortcut: string | undefined;
}

/** Only what the reader may do now; a row has no room for reasons. */
export function rowActs(context: ActionContext, conversation: Conversation): RowAct[] {
  const about = { ...context, conversation };
  const mine = conversation.assignee?.id === context.me.user.id;
  const kinds: RowActKind[] = [];
  if (!mine && mayAssign(about) === true) kinds.push("assign_to_me");
  if (conversation.status !== "closed" && can(about, "conversation.close")) kinds.push("close");
  kinds.push(conversation.unread_count > 0 ? "mark_read" : "mark_unread");
  return kinds.map((kind) => {
    const { label, shortcut } = action(`conversation.${kind}`);
    return { kind, label: t(label), shortcut };
  });
}

/** The open conversation takes the way of the keys, which also moves on to the next one. */
export function runRowAct(context: ActionContext, conversation: Conversation, kind: RowActKind) {
  if (kind === "mark_read") return void markRead(context, conversation.id);
  if (conversation.id === context.conversation?.id) {
    return start(action(`conversation.${kind}`), context);
  }
  if (kind === "assign_to_me") void assign(context, conversation, context.me.user);
  else if (kind === "close") void close(context, conversation);
  else void markUnread(context, conversation);
}
