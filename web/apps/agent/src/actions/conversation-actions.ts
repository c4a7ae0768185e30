/** Actions on the open conversation. */

import { focusComposer } from "@/app/focus";
import { neighbour } from "@/app/inbox-state";
import { overlays } from "@/app/overlays";
import { t } from "@/i18n";
import * as commands from "./commands";
import { type Action, type ActionContext, type Availability, can, register } from "./registry";

const closedReason = () => t("reason.closed");

function openFor(permission: Parameters<typeof can>[1]) {
  return (context: ActionContext): Availability => {
    if (!context.conversation || !can(context, permission)) return false;
    return context.conversation.status === "closed" ? closedReason() : true;
  };
}

export function mayAssign(context: ActionContext): Availability {
  const { conversation, me } = context;
  if (!conversation || !can(context, "conversation.assign")) return false;
  if (conversation.status === "closed") return closedReason();
  const others = conversation.assignee && conversation.assignee.id !== me.user.id;
  if (others && !can(context, "conversation.reassign"))
    return t("reason.assigned_to_other", { person: conversation.assignee?.name });
  return true;
}

/** Runs `act` on the open conversation. The registry has checked that there is one. */
const onOpen =
  (
    act: (
      context: ActionContext,
      conversation: NonNullable<ActionContext["conversation"]>,
    ) => unknown,
  ) =>
  (context: ActionContext) => {
    if (context.conversation) return act(context, context.conversation);
  };

const actions: Action[] = [
  {
    id: "conversation.reply",
    group: "compose",
    label: "action.reply",
    shortcut: "r",
    canRun: openFor("conversation.reply"),
    run: () => focusComposer("reply"),
  },
  {
    id: "conversation.note",
    group: "compose",
    label: "action.note",
    shortcut: "n",
    canRun: openFor("conversation.note"),
    run: () => focusComposer("note"),
  },
  {
    id: "conversation.assign",
    bulk: "assign",
    group: "conversation",
    label: "action.assign",
    shortcut: "a",
    keywords: "action.assign_keywords",
    canRun: mayAssign,
    run: () => overlays.open("assign"),
  },
  {
    id: "conversation.assign_to_me",
    bulk: "assign_to_me",
    group: "conversation",
    label: "action.assign_to_me",
    shortcut: "i",
    canRun: (context) => {
      const allowed = mayAssign(context);
      if (allowed !== true) return allowed;
      return context.conversation?.assignee?.id === context.me.user.id
        ? t("reason.already_yours")
        : true;
    },
    run: onOpen((context, conversation) => commands.assign(context, conversation, context.me.user)),
  },
  {
    id: "conversation.unassign",
    bulk: "unassign",
    group: "conversation",
    label: "action.unassign",
    canRun: (context) => (context.conversation?.assignee ? mayAssign(context) : false),
    run: onOpen((context, conversation) => commands.assign(context, conversation, null)),
  },
  {
    id: "conversation.close",
    bulk: "close",
    group: "conversation",
    label: "action.close",
    shortcut: "e",
    keywords: "action.close_keywords",
    canRun: openFor("conversation.close"),
    run: onOpen(async (context, conversation) => {
      const next = neighbour(conversation.id, 1) ?? neighbour(conversation.id, -1);
      const closed = commands.close(context, conversation);
      if (next && next !== conversation.id) context.navigation.openConversation(next);
      await closed;
    }),
  },
  {
    id: "conversation.solve",
    bulk: "solve",
    group: "conversation",
    label: "action.solve",
    canRun: openFor("conversation.edit"),
    run: onOpen((context, conversation) => commands.setStatus(context, conversation, "solved")),
  },
  {
    id: "conversation.wait",
    bulk: "wait",
    group: "conversation",
    label: "action.wait",
    shortcut: "w",
    canRun: openFor("conversation.edit"),
    run: onOpen((context, conversation) => commands.setStatus(context, conversation, "waiting")),
  },
  {
    id: "conversation.status",
    bulk: "status",
    group: "conversation",
    label: "action.status",
    shortcut: "s",
    canRun: openFor("conversation.edit"),
    run: () => overlays.open("status"),
  },
  {
    id: "conversation.priority",
    bulk: "priority",
    group: "conversation",
    label: "action.priority",
    shortcut: "p",
    canRun: openFor("conversation.edit"),
    run: () => overlays.open("priority"),
  },
  {
    id: "conversation.more",
    group: "conversation",
    label: "action.more",
    shortcut: ".",
    keyOnly: true,
    canRun: (context) => context.conversation !== null,
    run: () => overlays.open("more"),
  },
  {
    id: "conversation.mark_unread",
    bulk: "mark_unread",
    group: "conversation",
    label: "action.mark_unread",
    shortcut: "u",
    canRun: (context) => context.conversation !== null,
    run: onOpen((context, conversation) => {
      // Leaving first, because an open conversation marks itself read again.
      context.navigation.openConversation(null);
      return commands.markUnread(context, conversation);
    }),
  },
  {
    id: "conversation.mark_read",
    bulk: "mark_read",
    group: "conversation",
    label: "action.mark_read",
    // An open conversation is read by being open.
    canRun: () => false,
    run: () => undefined,
  },
  {
    id: "conversation.follow_up",
    group: "conversation",
    label: "action.follow_up",
    canRun: (context) =>
      context.conversation?.status === "closed" && can(context, "conversation.reply"),
    run: onOpen(async (context, conversation) => {
      const followUp = await commands.createFollowUp(context, conversation);
      if (followUp) context.navigation.openConversation(followUp.id);
    }),
  },
  {
    id: "conversation.copy_link",
    group: "conversation",
    label: "action.copy_link",
    shortcut: "mod+shift+l",
    canRun: (context) => context.conversation !== null,
    run: onOpen((_, conversation) =>
      commands.copy(`${location.origin}/inbox/all/${conversation.id}`, t("toast.link_copied")),
    ),
  },
  {
    id: "conversation.copy_number",
    group: "conversation",
    label: "action.copy_number",
    canRun: (context) => context.conversation !== null,
    run: onOpen((_, conversation) =>
      commands.copy(`#${conversation.number}`, t("toast.number_copied")),
    ),
  },
  {
    id: "conversation.contact_history",
    group: "conversation",
    label: "action.contact_history",
    shortcut: "g h",
    canRun: (context) => Boolean(context.conversation?.contact && can(context, "contact.read")),
    run: onOpen((context, conversation) => {
      if (conversation.contact) context.navigation.openContact(conversation.contact.id);
    }),
  },
];

const showing: Action[] = (["all", "messages", "notes", "activity"] as const).map((show) => ({
  id: `timeline.show_${show}`,
  group: "view",
  label: `action.show_${show}`,
  canRun: (context) => context.conversation !== null,
  run: ({ navigation }) => navigation.showInTimeline(show),
}));

register([...actions, ...showing]);
