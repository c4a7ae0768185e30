/**
 * The writes that both the event stream and the answers of commands make to the cache.
 * They share one path, so that a command's answer and its event never disagree.
 */
import type {
  Activity,
  Conversation,
  ConversationDetail,
  Message,
  SharedConversation,
} from "@rapport/api";
import type { QueryClient } from "@tanstack/react-query";
import { changeCached } from "./change-cached";
import { keys, type ListQuery } from "./keys";
import { type ListPages, patchList, placeConversation } from "./list-pages";
import { matchesQuery } from "./list-query";
import { changeMessage, placeActivity, placeMessage, type TimelinePages } from "./timeline-pages";

/** Writes a conversation everywhere it is shown, unless something newer is already there. */
export function writeConversation(cache: QueryClient, conversation: Conversation, myId: string) {
  changeCached<ConversationDetail>(cache, keys.conversation(conversation.id), (detail) =>
    detail.version <= conversation.version ? { ...detail, ...conversation } : detail,
  );
  changeCached<ListPages>(cache, keys.lists, (list, key) =>
    placeConversation(list, key[1] as ListQuery, conversation, myId),
  );
}

/**
 * Gives a shared conversation back what belongs to the reader: what is known here, with newly arrived
 * messages counted as unread. Nothing comes back when the conversation was never loaded.
 */
export function personalise(
  cache: QueryClient,
  shared: SharedConversation,
): Conversation | undefined {
  const known = findConversation(cache, shared.id);
  if (!known) return undefined;
  const arrived = Math.max(0, shared.inbound_count - known.inbound_count);
  return { ...shared, unread_count: known.unread_count + arrived, draft: known.draft };
}

/** Whether any loaded list would show this conversation, as far as can be told without its reader. */
export function isWanted(cache: QueryClient, shared: SharedConversation, myId: string): boolean {
  const assumed: Conversation = { ...shared, unread_count: shared.inbound_count };
  return cache
    .getQueriesData<ListPages>({ queryKey: keys.lists })
    .some(([key, list]) => list && matchesQuery(assumed, key[1] as ListQuery, myId));
}

/** Changes fields that belong to the reader alone (unread, draft) and carry no version. */
export function patchConversation(
  cache: QueryClient,
  id: string,
  change: Partial<Pick<Conversation, "unread_count" | "draft">>,
) {
  changeCached<ConversationDetail>(cache, keys.conversation(id), (detail) => ({
    ...detail,
    ...change,
  }));
  changeCached<ListPages>(cache, keys.lists, (list) =>
    patchList(list, id, (row) => ({ ...row, ...change })),
  );
}

/** Everything loaded of a thread: from its end, and around messages that links have led to. */
const changeTimelines = (
  cache: QueryClient,
  conversationId: string,
  change: (timeline: TimelinePages) => TimelinePages,
) => changeCached<TimelinePages>(cache, keys.timeline(conversationId), change);

export const writeMessage = (cache: QueryClient, message: Message) =>
  changeTimelines(cache, message.conversation_id, (timeline) => placeMessage(timeline, message));

export const writeActivity = (cache: QueryClient, conversationId: string, activity: Activity) =>
  changeTimelines(cache, conversationId, (timeline) => placeActivity(timeline, activity));

export const patchMessage = (
  cache: QueryClient,
  conversationId: string,
  messageId: string,
  change: (message: Message) => Message | null,
) =>
  changeTimelines(cache, conversationId, (timeline) => changeMessage(timeline, messageId, change));

/** What is known about a conversation now, from its own entry or from any list that holds it. */
export function findConversation(cache: QueryClient, id: string): Conversation | undefined {
  const detail = cache.getQueryData<ConversationDetail>(keys.conversation(id));
  if (detail) return detail;
  for (const [, list] of cache.getQueriesData<ListPages>({ queryKey: keys.lists })) {
    for (const page of list?.pages ?? []) {
      const row = page.data.find((conversation) => conversation.id === id);
      if (row) return row;
    }
  }
  return undefined;
}
