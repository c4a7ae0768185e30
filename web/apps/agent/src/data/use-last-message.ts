import type { Message } from "@rapport/api";
import { useInfiniteQuery } from "@tanstack/react-query";
import { timelineOptions } from "./queries";
import { flattenTimeline, isLocal } from "./timeline-pages";

/** The newest stored message of a loaded timeline; notes and unsent messages do not count. */
export function useLastMessage(conversationId: string): Message | null {
  const { data } = useInfiniteQuery(timelineOptions(conversationId));
  const last = flattenTimeline(data).findLast(
    (item) => item.type === "message" && item.message.kind === "message" && !isLocal(item.message),
  );
  return last?.type === "message" ? last.message : null;
}
