/** Query definitions: what to fetch, how long it is fresh. The event stream keeps it true after that. */
import { api, type DraftMode } from "@rapport/api";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { keys, type ListQuery } from "./keys";
import { type TimelinePages, withUnsent } from "./timeline-pages";

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
/** A thread from its end, or around a message; both go on towards what is older, and the second also the other way. */
export const timelineOptions = (id: string, around: string | null = null) =>
  infiniteQueryOptions({
    queryKey: keys.timeline(id, around),
    queryFn: async ({ client, queryKey, pageParam, signal }) => {
      const place = pageParam === null ? { around: around ?? undefined } : { cursor: pageParam };
      const page = await api.timeline(id, { limit: 40, ...place }, signal);
      return withUnsent(page, client.getQueryData<TimelinePages>(queryKey));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (oldest) => oldest.next_cursor,
    getPreviousPageParam: (newest) => newest.newer_cursor,
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
