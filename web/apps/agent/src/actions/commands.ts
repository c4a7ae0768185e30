/** What a teammate can do to a conversation: shown at once, taken back when the server refuses. */
import {
  ApiError,
  api,
  type Conversation,
  type Me,
  type PersonReference,
  type Priority,
  type Status,
} from "@rapport/api";
import type { QueryClient } from "@tanstack/react-query";
import { releaseRow } from "@/app/inbox-state";
import { complain, say } from "@/app/notify";
import { createStore } from "@/app/store";
import { findConversation, patchConversation, writeConversation } from "@/data/cache";
import { keys } from "@/data/keys";
import { t } from "@/i18n";

export interface CommandContext {
  cache: QueryClient;
  me: Me;
}

export interface TakenNotice {
  conversationId: string;
  by: PersonReference;
}
/** Set when somebody else was faster; the open conversation shows what can be done. */
export const takenNotice = createStore<TakenNotice | null>(null);

let counting: number | null = null;
/** Many changes in a row ask for the counts once. */
export function countAgain({ cache }: Pick<CommandContext, "cache">) {
  if (counting !== null) window.clearTimeout(counting);
  counting = window.setTimeout(() => {
    counting = null;
    void cache.invalidateQueries({ queryKey: keys.counts });
  }, 50);
}

/** What a closed conversation looks like before the server has answered. */
export const closedBy = (me: Me): Partial<Conversation> => ({
  status: "closed",
  lifecycle: "closed",
  closed_by: { id: me.user.id, name: me.user.name },
  closed_at: new Date().toISOString(),
});

const write = ({ cache, me }: CommandContext, conversation: Conversation) =>
  writeConversation(cache, conversation, me.user.id);
const nameOf = (conversation: Conversation) =>
  conversation.contact?.display_name ?? `#${conversation.number}`;

/** Shows `change` at once, runs `act`, and puts the old values back if it fails. */
export async function optimistically(
  context: CommandContext,
  conversation: Conversation,
  change: Partial<Conversation>,
  act: () => Promise<Conversation>,
): Promise<Conversation> {
  write(context, { ...conversation, ...change });
  try {
    const answer = await act();
    // None of these acts reads anything, and what is known here of reading may be newer than the answer.
    const unread = findConversation(context.cache, conversation.id)?.unread_count;
    write(context, { ...answer, unread_count: unread ?? answer.unread_count });
    countAgain(context);
    return answer;
  } catch (error) {
    const now = findConversation(context.cache, conversation.id);
    if (!now || now.version <= conversation.version) write(context, conversation);
    throw error;
  }
}

export async function assign(
  context: CommandContext,
  conversation: Conversation,
  person: PersonReference | null,
): Promise<boolean> {
  const toMe = person?.id === context.me.user.id;
  takenNotice.set(null);
  releaseRow(conversation.id);
  try {
    await optimistically(context, conversation, { assignee: person }, () =>
      api.assign(conversation.id, {
        user_id: toMe ? "me" : (person?.id ?? null),
        expected_assignee_id: conversation.assignee?.id ?? null,
      }),
    );
  } catch (error) {
    if (error instanceof ApiError && error.code === "already_assigned") {
      showTaken(context, conversation, error);
    } else complain(error);
    return false;
  }
  const previous = conversation.assignee;
  const message = !person
    ? t("toast.unassigned", { name: nameOf(conversation) })
    : toMe
      ? previous && previous.id !== context.me.user.id
        ? t("toast.taken_from", { name: nameOf(conversation), person: previous.name })
        : t("toast.assigned_to_me", { name: nameOf(conversation) })
      : t("toast.assigned", { name: nameOf(conversation), person: person.name });
  say(message, {
    undo: async () => {
      const now = findConversation(context.cache, conversation.id) ?? conversation;
      await assign(context, now, previous);
    },
  });
  return true;
}

function showTaken(context: CommandContext, conversation: Conversation, error: ApiError) {
  const current = error.problem.current as
    | { assignee?: PersonReference; conversation?: Conversation }
    | undefined;
  if (current?.conversation) write(context, current.conversation);
  const by = current?.assignee ?? current?.conversation?.assignee;
  if (!by) {
    complain(error);
    return;
  }
  takenNotice.set({ conversationId: conversation.id, by });
  say(t("toast.taken", { person: by.name }), { id: `taken-${conversation.id}` });
}

export async function close(context: CommandContext, conversation: Conversation): Promise<boolean> {
  releaseRow(conversation.id);
  try {
    await optimistically(context, conversation, closedBy(context.me), () =>
      api.close(conversation.id),
    );
  } catch (error) {
    complain(error);
    return false;
  }
  say(t("toast.closed", { name: nameOf(conversation) }), {
    undo: () => undoClose(context, conversation.id),
  });
  return true;
}

async function undoClose(context: CommandContext, id: string) {
  try {
    write(context, await api.undoClose(id));
    say(t("toast.close_undone"));
  } catch (error) {
    complain(error);
  }
}

export async function setStatus(
  context: CommandContext,
  conversation: Conversation,
  status: Status,
): Promise<void> {
  if (status === conversation.status) return;
  if (status === "closed") {
    await close(context, conversation);
    return;
  }
  releaseRow(conversation.id);
  await change(
    context,
    conversation,
    { status },
    t("toast.status", { status: t(`status.${status}`) }),
  );
}

export async function setPriority(
  context: CommandContext,
  conversation: Conversation,
  priority: Priority,
): Promise<void> {
  if (priority === conversation.priority) return;
  const message = t("toast.priority", { priority: t(`priority.${priority}`) });
  await change(context, conversation, { priority }, message);
}

export const setTopic = (context: CommandContext, conversation: Conversation, topic: string) =>
  change(context, conversation, { topic }, null);

export async function clearRequiresAction(context: CommandContext, conversation: Conversation) {
  try {
    await optimistically(context, conversation, { requires_action: null }, () =>
      api.changeConversation(conversation.id, { requires_action: null }),
    );
  } catch (error) {
    complain(error);
  }
}

type Editable = Partial<Pick<Conversation, "status" | "priority" | "topic">>;

async function change(
  context: CommandContext,
  conversation: Conversation,
  fields: Editable,
  message: string | null,
) {
  const before: Editable = {};
  if (fields.status) before.status = conversation.status;
  if (fields.priority) before.priority = conversation.priority;
  try {
    await optimistically(context, conversation, fields, () =>
      api.changeConversation(conversation.id, fields),
    );
  } catch (error) {
    complain(error);
    return;
  }
  if (!message) return;
  say(message, {
    undo: async () => {
      const now = findConversation(context.cache, conversation.id) ?? conversation;
      await change(context, now, before, null);
    },
  });
}

export async function markRead(context: CommandContext, id: string) {
  try {
    const { unread_count } = await api.markRead(id);
    patchConversation(context.cache, id, { unread_count });
    countAgain(context);
  } catch {
    // Reading is retried the next time the conversation is looked at.
  }
}

export async function markUnread(context: CommandContext, conversation: Conversation) {
  patchConversation(context.cache, conversation.id, {
    unread_count: Math.max(1, conversation.unread_count),
  });
  try {
    const { unread_count } = await api.markUnread(conversation.id);
    patchConversation(context.cache, conversation.id, { unread_count });
    countAgain(context);
    say(t("toast.unread"), { undo: () => markRead(context, conversation.id) });
  } catch (error) {
    patchConversation(context.cache, conversation.id, { unread_count: conversation.unread_count });
    complain(error);
  }
}

export async function createFollowUp(
  context: CommandContext,
  conversation: Conversation,
): Promise<Conversation | null> {
  try {
    const followUp = await api.followUp(conversation.id);
    write(context, followUp);
    void context.cache.invalidateQueries({ queryKey: keys.conversation(conversation.id) });
    return followUp;
  } catch (error) {
    complain(error);
    return null;
  }
}

export async function copy(text: string, message: string) {
  try {
    await navigator.clipboard.writeText(text);
    say(message);
  } catch {
    complain(new Error());
  }
}
