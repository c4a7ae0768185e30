/** Pure changes to a loaded list of conversations: place one where it belongs, or take it out. */
import type { Conversation, ConversationPage } from "@rapport/api";
import type { ListQuery } from "./keys";
import { compareConversations, matchesQuery } from "./list-query";

export interface ListPages {
  pages: ConversationPage[];
  pageParams: unknown[];
}

export const flattenList = (list: ListPages | undefined): Conversation[] =>
  list ? list.pages.flatMap((page) => page.data) : [];

/**
 * Puts a changed conversation at its place. A list that is not fully loaded takes in only what falls
 * before its end, because what lies beyond belongs to a page that has not been fetched.
 */
export function placeConversation(
  list: ListPages,
  query: ListQuery,
  conversation: Conversation,
  myId: string,
): ListPages {
  const present = flattenList(list).find((other) => other.id === conversation.id);
  if (present && present.version > conversation.version) return list;
  const match = matchesQuery(conversation, query, myId);
  const wanted = match ?? present !== undefined;
  if (!present && !wanted) return list;

  const without = list.pages.map((page) => ({
    ...page,
    data: page.data.filter((other) => other.id !== conversation.id),
  }));
  if (wanted) insert(without, query, conversation);
  const difference = (wanted ? 1 : 0) - (present ? 1 : 0);
  const pages = without.map((page) => ({
    ...page,
    total: Math.max(0, page.total + (page.total_capped ? 0 : difference)),
  }));
  return { ...list, pages };
}

function insert(pages: ConversationPage[], query: ListQuery, conversation: Conversation) {
  const compare = compareConversations(query.sort);
  for (const page of pages) {
    const at = page.data.findIndex((other) => compare(conversation, other) < 0);
    if (at >= 0) {
      page.data.splice(at, 0, conversation);
      return;
    }
  }
  const last = pages.at(-1);
  if (last && last.next_cursor === null) last.data.push(conversation);
}

/** Changes the rows that are loaded, wherever they stand, without moving them. */
export function patchList(
  list: ListPages,
  id: string,
  change: (conversation: Conversation) => Conversation,
): ListPages {
  if (!flattenList(list).some((conversation) => conversation.id === id)) return list;
  return {
    ...list,
    pages: list.pages.map((page) => ({
      ...page,
      data: page.data.map((conversation) =>
        conversation.id === id ? change(conversation) : conversation,
      ),
    })),
  };
}

export interface HeldOrder {
  rows: Conversation[];
  /** Rows that would move, come or go if the order were released now. */
  pending: number;
}

/**
 * Keeps the rows where they are while somebody points at them. Content is always fresh; only places
 * are held. Rows in `released` were changed by the person looking and leave at once.
 */
export function holdOrder(
  heldIds: readonly string[],
  live: readonly Conversation[],
  last: ReadonlyMap<string, Conversation>,
  released: ReadonlySet<string>,
): HeldOrder {
  const byId = new Map(live.map((conversation) => [conversation.id, conversation]));
  const rows: Conversation[] = [];
  let pending = 0;
  for (const id of heldIds) {
    const fresh = byId.get(id);
    if (fresh) rows.push(fresh);
    else if (!released.has(id)) {
      const gone = last.get(id);
      if (gone) {
        rows.push(gone);
        pending += 1;
      }
    }
  }
  const held = new Set(heldIds);
  const lastHeldLive = live.findLastIndex((conversation) => held.has(conversation.id));
  live.forEach((conversation, index) => {
    if (held.has(conversation.id)) return;
    // What comes after the last held row was paged in by scrolling, and moves nothing.
    if (index > lastHeldLive) rows.push(conversation);
    else pending += 1;
  });
  const liveOrder = live.filter((c) => held.has(c.id)).map((c) => c.id);
  const heldOrder = heldIds.filter((id) => byId.has(id));
  const moved = heldOrder.filter((id, index) => liveOrder[index] !== id).length;
  return { rows, pending: pending + (moved > 0 ? 1 : 0) };
}
