/** What can be done to several conversations: each act, when there is nothing to do, and its way back. */
import {
  api,
  type Conversation,
  type PersonReference,
  type Priority,
  type Status,
} from "@rapport/api";
import { type CommandContext, closedBy, optimistically } from "@/actions/commands";
import { releaseRow } from "@/app/inbox-state";
import { findConversation, patchConversation, writeConversation } from "@/data/cache";

export interface BulkAct {
  /** A key in the language file, for while it runs and for when it is done. */
  words: string;
  values: Record<string, string>;
  /** Whether this conversation already is as wanted. */
  isDone: (conversation: Conversation) => boolean;
  act: (context: CommandContext, conversation: Conversation) => Promise<unknown>;
  /** Takes it back, given what the conversation was before. */
  undo: (context: CommandContext, before: Conversation) => Promise<unknown>;
}

const now = ({ cache }: CommandContext, conversation: Conversation) =>
  findConversation(cache, conversation.id) ?? conversation;

function setAssignee(
  context: CommandContext,
  conversation: Conversation,
  person: PersonReference | null,
) {
  releaseRow(conversation.id);
  return optimistically(context, conversation, { assignee: person }, () =>
    api.assign(conversation.id, {
      user_id: person?.id ?? null,
      expected_assignee_id: conversation.assignee?.id ?? null,
    }),
  );
}

export const assignTo = (person: PersonReference | null, myId: string): BulkAct => ({
  words: !person ? "unassign" : person.id === myId ? "assign_to_me" : "assign",
  values: { person: person?.name ?? "" },
  isDone: (conversation) => conversation.assignee?.id === person?.id,
  act: (context, conversation) => setAssignee(context, conversation, person),
  undo: (context, before) => setAssignee(context, now(context, before), before.assignee),
});

const change = (
  context: CommandContext,
  conversation: Conversation,
  fields: { status?: Status; priority?: Priority },
) =>
  optimistically(context, conversation, fields, () =>
    api.changeConversation(conversation.id, fields),
  );

export const closeThem: BulkAct = {
  words: "close",
  values: {},
  isDone: (conversation) => conversation.status === "closed",
  act: (context, conversation) => {
    releaseRow(conversation.id);
    return optimistically(context, conversation, closedBy(context.me), () =>
      api.close(conversation.id),
    );
  },
  undo: async (context, before) =>
    writeConversation(context.cache, await api.undoClose(before.id), context.me.user.id),
};

export const setStatusTo = (status: Status, name: string): BulkAct =>
  status === "closed"
    ? closeThem
    : {
        words: "status",
        values: { status: name },
        isDone: (conversation) => conversation.status === status,
        act: (context, conversation) => {
          releaseRow(conversation.id);
          return change(context, conversation, { status });
        },
        undo: (context, before) => change(context, now(context, before), { status: before.status }),
      };

export const setPriorityTo = (priority: Priority, name: string): BulkAct => ({
  words: "priority",
  values: { priority: name },
  isDone: (conversation) => conversation.priority === priority,
  act: (context, conversation) => change(context, conversation, { priority }),
  undo: (context, before) => change(context, now(context, before), { priority: before.priority }),
});

async function setRead(context: CommandContext, conversation: Conversation, read: boolean) {
  const { id, unread_count } = conversation;
  patchConversation(context.cache, id, { unread_count: read ? 0 : Math.max(1, unread_count) });
  try {
    const answer = read ? await api.markRead(id) : await api.markUnread(id);
    patchConversation(context.cache, id, { unread_count: answer.unread_count });
  } catch (error) {
    patchConversation(context.cache, id, { unread_count });
    throw error;
  }
}

export const markThemRead: BulkAct = {
  words: "mark_read",
  values: {},
  isDone: (conversation) => conversation.unread_count === 0,
  act: (context, conversation) => setRead(context, conversation, true),
  undo: (context, before) => setRead(context, now(context, before), false),
};

export const markThemUnread: BulkAct = {
  words: "mark_unread",
  values: {},
  isDone: (conversation) => conversation.unread_count > 0,
  act: (context, conversation) => setRead(context, conversation, false),
  undo: (context, before) => setRead(context, now(context, before), true),
};
