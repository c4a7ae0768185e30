/**
 * Pure changes to a loaded timeline. Pages run from newest to oldest, items inside a page ascend.
 * One that was opened around a message may lack its end; what is new then belongs to a page that has yet to come.
 */
import type { Activity, Message, TimelineItem, TimelinePage } from "@rapport/api";

export interface TimelinePages {
  pages: TimelinePage[];
  pageParams: unknown[];
}

/** A message that the server has not accepted is known by an id that starts with this. */
export const localPrefix = "local:";
export const isLocal = (message: Message) => message.id.startsWith(localPrefix);

export const holdsMessage = (timeline: TimelinePages | undefined, id: string): boolean =>
  flattenTimeline(timeline).some((item) => item.type === "message" && item.message.id === id);

/** A page as the server knows it, with what is known here alone: messages that it has not accepted yet. */
export function withUnsent(page: TimelinePage, known: TimelinePages | undefined): TimelinePage {
  if (page.newer_cursor !== null) return page;
  const unsent = flattenTimeline(known).filter(
    (item) =>
      item.type === "message" &&
      isLocal(item.message) &&
      !page.data.some((other) => other.type === "message" && isSame(other.message, item.message)),
  );
  return unsent.length > 0 ? { ...page, data: [...page.data, ...unsent] } : page;
}

export const flattenTimeline = (timeline: TimelinePages | undefined): TimelineItem[] =>
  timeline ? [...timeline.pages].reverse().flatMap((page) => page.data) : [];

export const timeOfItem = (item: TimelineItem) =>
  item.type === "message" ? item.message.sent_at : item.activity.occurred_at;
/** Stays the same when the stored message takes the place of its stand-in. */
export const keyOfItem = (item: TimelineItem) =>
  item.type === "message"
    ? (item.message.client_id ?? item.message.id)
    : `activity-${item.activity.seq}`;

const isSame = (a: Message, b: Message) =>
  a.id === b.id || (a.client_id !== null && a.client_id === b.client_id);

/** The news of an attempt carries no version, and may be here before the answer to who asked for it. */
function withNewerDelivery(known: Message, message: Message): Message {
  const { delivery, held_until } = known;
  const isNewer =
    known.id === message.id &&
    delivery !== null &&
    message.delivery !== null &&
    delivery.updated_at > message.delivery.updated_at;
  return isNewer ? { ...message, delivery, held_until } : message;
}

/** Replaces the message, or its optimistic stand-in, or adds it at the end. */
export function placeMessage(timeline: TimelinePages, message: Message): TimelinePages {
  let found = false;
  const pages = timeline.pages.map((page) => ({
    ...page,
    data: page.data.map((item) => {
      if (item.type !== "message" || !isSame(item.message, message)) return item;
      found = true;
      if (item.message.version > message.version) return item;
      return { ...item, message: withNewerDelivery(item.message, message) };
    }),
  }));
  if (found) return { ...timeline, pages };
  return append(timeline, { type: "message", message });
}

export function placeActivity(timeline: TimelinePages, activity: Activity): TimelinePages {
  const known = timeline.pages.some((page) =>
    page.data.some((item) => item.type === "activity" && item.activity.seq === activity.seq),
  );
  return known ? timeline : append(timeline, { type: "activity", activity });
}

export function changeMessage(
  timeline: TimelinePages,
  id: string,
  change: (message: Message) => Message | null,
): TimelinePages {
  return {
    ...timeline,
    pages: timeline.pages.map((page) => ({
      ...page,
      data: page.data.flatMap((item) => {
        if (item.type !== "message" || item.message.id !== id) return [item];
        const changed = change(item.message);
        return changed ? [{ ...item, message: changed }] : [];
      }),
    })),
  };
}

function append(timeline: TimelinePages, item: TimelineItem): TimelinePages {
  const [newest, ...older] = timeline.pages;
  if (!newest || newest.newer_cursor !== null) return timeline;
  return { ...timeline, pages: [{ ...newest, data: [...newest.data, item] }, ...older] };
}
