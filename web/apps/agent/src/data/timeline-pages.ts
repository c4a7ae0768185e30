/** Pure changes to a loaded timeline. Pages run from newest to oldest, items inside a page ascend. */
import type { Activity, Message, Page, TimelineItem } from "@rapport/api";

export interface TimelinePages {
  pages: Page<TimelineItem>[];
  pageParams: unknown[];
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
  if (!newest) return timeline;
  return { ...timeline, pages: [{ ...newest, data: [...newest.data, item] }, ...older] };
}
