/**
 * What a list of conversations contains: the address bar's view and filters become one server query,
 * and the same query decides here whether a changed conversation belongs in a loaded list.
 */
import type {
  Channel,
  Conversation,
  ConversationSort,
  Priority,
  Status,
  ViewName,
} from "@rapport/api";
import type { ListQuery } from "./keys";

export const views: ViewName[] = [
  "mine",
  "unassigned",
  "all",
  "drafts",
  "automated",
  "requires_action",
];
export const statuses: Status[] = ["open", "waiting", "pending", "solved", "closed"];
export const priorities: Priority[] = ["urgent", "high", "normal", "low"];
export const sorts: ConversationSort[] = [
  "last_activity",
  "oldest_unanswered",
  "created",
  "priority",
];
export const channelTabs: Channel[] = ["email", "chat", "api"];
const allChannels: Channel[] = [
  "email",
  "sms",
  "whatsapp",
  "chat",
  "voice",
  "messenger",
  "facebook_post",
  "linkedin",
  "internal",
  "api",
];
const activeStatuses: Status[] = ["open", "waiting", "pending"];

/** What of an open conversation is shown: all of it, or a part. */
export const timelineShows = ["all", "talk", "messages", "notes", "activity"] as const;
export type TimelineShow = (typeof timelineShows)[number];

/** The part of the address after `?`. Every field is optional and absent when it has its default. */
export interface InboxSearch {
  channel?: Channel;
  unread?: true;
  action?: true;
  status?: Status[];
  priority?: Priority[];
  assignee?: string;
  sort?: ConversationSort;
  q?: string;
  /** Belongs to the open conversation and not to the list. */
  show?: TimelineShow;
  /** A message of the open conversation, as others may spell a link to it; ours name it behind the `#`. */
  message?: string;
}

const oneOf = <T extends string>(value: unknown, allowed: readonly T[]): T | undefined =>
  allowed.includes(value as T) ? (value as T) : undefined;
const someOf = <T extends string>(value: unknown, allowed: readonly T[]): T[] | undefined => {
  const given = Array.isArray(value) ? value : typeof value === "string" ? value.split(",") : [];
  const kept = allowed.filter((candidate) => given.includes(candidate));
  return kept.length > 0 ? kept : undefined;
};
const flag = (value: unknown): true | undefined =>
  value === true || value === "true" || value === 1 || value === "1" ? true : undefined;

/**
 * Reads an address leniently: what is unknown is dropped, so an old link never breaks the screen.
 * Every field is named even when it is absent, because the router lets raw values through where none is.
 */
export function parseInboxSearch(raw: Record<string, unknown>): InboxSearch {
  return {
    channel: oneOf(raw.channel, allChannels),
    unread: flag(raw.unread),
    action: flag(raw.action),
    status: someOf(raw.status, statuses),
    priority: someOf(raw.priority, priorities),
    assignee: typeof raw.assignee === "string" && raw.assignee ? raw.assignee : undefined,
    sort: oneOf(raw.sort, sorts),
    q: typeof raw.q === "string" && raw.q.trim() ? raw.q : undefined,
    show: raw.show === "all" ? undefined : oneOf(raw.show, timelineShows),
    message:
      typeof raw.message === "string" && /^msg_\w+$/.test(raw.message) ? raw.message : undefined,
  };
}

export function parseView(raw: string): ViewName {
  return oneOf(raw, views) ?? "mine";
}

/** How many of the filters shown as chips are set. */
export function hasFilters(search: InboxSearch): boolean {
  return Boolean(
    search.channel ||
      search.unread ||
      search.action ||
      search.status ||
      search.priority ||
      search.assignee ||
      search.q,
  );
}

function viewQuery(view: ViewName): ListQuery {
  switch (view) {
    case "mine":
      return { assignee: "me", status: activeStatuses.join(",") };
    case "unassigned":
      return { assignee: "unassigned", status: activeStatuses.join(",") };
    case "all":
      return {};
    case "drafts":
      return { has_draft: true };
    case "automated":
      return { lifecycle: "automated" };
    case "requires_action":
      return { requires_action: true };
  }
}

export function listQuery(view: ViewName, search: InboxSearch): ListQuery {
  const query: ListQuery = viewQuery(view);
  if (search.channel) query.channel = search.channel;
  if (search.unread) query.unread = true;
  if (search.action) query.requires_action = true;
  if (search.status) query.status = search.status.join(",");
  if (search.priority) query.priority = search.priority.join(",");
  if (search.assignee && view !== "mine" && view !== "unassigned") query.assignee = search.assignee;
  if (search.sort && search.sort !== "last_activity") query.sort = search.sort;
  if (search.q) query.q = search.q;
  return query;
}

/** Whether a conversation belongs in a list, or `undefined` when only the server can tell. */
export function matchesQuery(
  conversation: Conversation,
  query: ListQuery,
  myId: string,
): boolean | undefined {
  if (conversation.test) return false;
  if (query.status && !query.status.split(",").includes(conversation.status)) return false;
  if (query.lifecycle && conversation.lifecycle !== query.lifecycle) return false;
  if (
    query.channel &&
    !query.channel.split(",").some((c) => conversation.channels.includes(c as Channel))
  )
    return false;
  if (query.priority && !query.priority.split(",").includes(conversation.priority)) return false;
  if (query.unread && conversation.unread_count === 0) return false;
  if (query.requires_action && !conversation.requires_action) return false;
  if (query.has_draft && !conversation.draft) return false;
  if (query.contact_id && conversation.contact?.id !== query.contact_id) return false;
  if (query.assignee === "unassigned" && conversation.assignee) return false;
  if (query.assignee === "me" && conversation.assignee?.id !== myId) return false;
  if (query.assignee?.startsWith("usr_") && conversation.assignee?.id !== query.assignee)
    return false;
  if (query.q) return undefined;
  return true;
}

const descending = (a: string, b: string) => (a < b ? 1 : a > b ? -1 : 0);

/** The order the server uses, newest ids first where times are equal. */
export function compareConversations(
  sort: ConversationSort | undefined,
): (a: Conversation, b: Conversation) => number {
  const byActivity = (a: Conversation, b: Conversation) =>
    descending(a.last_activity_at, b.last_activity_at) || descending(a.id, b.id);
  switch (sort) {
    case "created":
      return (a, b) => descending(a.created_at, b.created_at) || descending(a.id, b.id);
    case "priority":
      return (a, b) =>
        priorities.indexOf(a.priority) - priorities.indexOf(b.priority) || byActivity(a, b);
    case "oldest_unanswered":
      return (a, b) => {
        if (a.waiting_since && b.waiting_since)
          return descending(b.waiting_since, a.waiting_since) || descending(b.id, a.id);
        if (a.waiting_since) return -1;
        if (b.waiting_since) return 1;
        return byActivity(a, b);
      };
    default:
      return byActivity;
  }
}
