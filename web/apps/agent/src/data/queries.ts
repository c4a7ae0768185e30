/** Query definitions: what to fetch, how long it is fresh. The event stream keeps it true after that. */
import { api, type DraftMode } from "@rapport/api";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { keys, type ListQuery } from "./keys";

export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: api.me,
  staleTime: Number.POSITIVE_INFINITY,
  retry: false,
});
export const countsQuery = queryOptions({ queryKey: keys.counts, queryFn: api.counts });
export const listOptions = (query: ListQuery) =>
  infiniteQueryOptions({
    queryKey: keys.list(query),
    queryFn: ({ pageParam, signal }) =>
      api.conversations({ ...query, limit: 50, cursor: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    staleTime: 5 * 60_000,
  });
export const conversationOptions = (id: string) =>
  queryOptions({
    queryKey: keys.conversation(id),
    queryFn: ({ signal }) => api.conversation(id, signal),
    staleTime: 60_000,
  });
export const timelineOptions = (id: string) =>
  infiniteQueryOptions({
    queryKey: keys.timeline(id),
    queryFn: ({ pageParam, signal }) =>
      api.timeline(id, { limit: 40, cursor: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    staleTime: 5 * 60_000,
  });
export const draftOptions = (id: string, mode: DraftMode) =>
  queryOptions({ queryKey: keys.draft(id, mode), queryFn: () => api.draft(id, mode) });
export const usersQuery = queryOptions({
  queryKey: keys.users,
  queryFn: async () => (await api.users()).data,
  staleTime: 60_000,
});
export const channelAccountsQuery = queryOptions({
  queryKey: keys.channelAccounts,
  queryFn: async () => (await api.channelAccounts()).data,
  staleTime: 60_000,
});
export const contactConversationsOptions = (id: string) =>
  queryOptions({
    queryKey: keys.contactConversations(id),
    queryFn: async () => (await api.contactConversations(id)).data,
    staleTime: 30_000,
  });
