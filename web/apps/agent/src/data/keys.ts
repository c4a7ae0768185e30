/** The names under which server state is cached. Nothing else spells a key out. */
import type { ConversationQuery, DraftMode } from "@rapport/api";

export type ListQuery = Omit<ConversationQuery, "cursor" | "limit">;

export const keys = {
  me: ["me"] as const,
  counts: ["counts"] as const,
  lists: ["conversations"] as const,
  list: (query: ListQuery) => ["conversations", query] as const,
  conversations: ["conversation"] as const,
  conversation: (id: string) => ["conversation", id] as const,
  timelines: ["timeline"] as const,
  /** From the end of the thread, or around a message; the first is also the beginning of all others. */
  timeline: (id: string, around: string | null = null): readonly string[] =>
    around === null ? ["timeline", id] : ["timeline", id, around],
  draft: (id: string, mode: DraftMode) => ["draft", id, mode] as const,
  viewers: ["viewers"] as const,
  contactTyping: ["contact-typing"] as const,
  users: ["users"] as const,
  invitations: ["invitations"] as const,
  tokens: ["tokens"] as const,
  contacts: ["contacts"] as const,
  contactList: (q: string) => ["contacts", "list", q] as const,
  contact: (id: string) => ["contacts", "one", id] as const,
  contactConversations: (id: string) => ["contacts", "conversations", id] as const,
  channelAccounts: ["channel-accounts"] as const,
  deadJobs: ["dead-jobs"] as const,
  search: (q: string, type: string) => ["search", q, type] as const,
};
