/** Pure: what a timeline shows, in blocks that keep their place when older pages are put before them. */
import type { Activity, Message, TimelineItem } from "@rapport/api";
import type { TimelineShow } from "@/data/list-query";
import { keyOfItem, timeOfItem } from "@/data/timeline-pages";

interface RowBase {
  key: string;
  at: string;
  /** The first row of its day. */
  newDay: boolean;
}
export interface MessageRow extends RowBase {
  type: "message";
  message: Message;
  /** Follows a message of the same person closely. */
  continued: boolean;
}
export interface ActivityRow extends RowBase {
  type: "activity";
  /** More than one when somebody made several changes in a row. */
  activities: Activity[];
}
export type TimelineRow = MessageRow | ActivityRow;
export interface TimelineBlock {
  key: string;
  rows: TimelineRow[];
}

/** As many as are put on the screen or taken off it together. */
export const blockSize = 20;
const mergedFrom = 3;
const continuedWithin = 5 * 60_000;

function isShown(item: TimelineItem, show: TimelineShow, isTold: (activity: Activity) => boolean) {
  if (item.type === "activity") {
    return (show === "all" || show === "activity") && isTold(item.activity);
  }
  if (item.message.delivery?.status === "cancelled" || show === "activity") return false;
  if (show === "messages") return item.message.kind === "message";
  return show === "notes" ? item.message.kind === "note" : true;
}

function continues(previous: TimelineRow | undefined, message: Message): boolean {
  if (previous?.type !== "message") return false;
  const earlier = previous.message;
  return (
    earlier.kind === "message" &&
    message.kind === "message" &&
    earlier.channel === message.channel &&
    earlier.author.kind === message.author.kind &&
    earlier.author.id === message.author.id &&
    Date.parse(message.sent_at) - Date.parse(earlier.sent_at) < continuedWithin
  );
}

const dayOf = (at: string) => new Date(at).toDateString();

/** Three or more changes by one person on one day become one line. */
function merged(rows: TimelineRow[]): TimelineRow[] {
  const result: TimelineRow[] = [];
  for (let from = 0; from < rows.length; ) {
    const first = rows[from] as TimelineRow;
    let to = from + 1;
    while (to < rows.length && joins(first, rows[to] as TimelineRow)) to += 1;
    const run = rows.slice(from, to);
    if (first.type === "activity" && run.length >= mergedFrom) {
      const activities = run.flatMap((row) => (row.type === "activity" ? row.activities : []));
      result.push({ ...first, activities });
    } else result.push(...run);
    from = to;
  }
  return result;
}
const joins = (first: TimelineRow, row: TimelineRow) =>
  first.type === "activity" &&
  row.type === "activity" &&
  !row.newDay &&
  first.activities[0]?.actor.id === row.activities[0]?.actor.id &&
  first.activities[0]?.actor.kind === row.activities[0]?.actor.kind;

/**
 * `pages` run from newest to oldest, as they were fetched. A block never reaches over the edge of a page, and
 * is counted from the page's beginning, so neither a new message nor an older page moves a row to another block.
 */
export function timelineBlocks(
  pages: readonly { data: readonly TimelineItem[] }[],
  show: TimelineShow,
  isTold: (activity: Activity) => boolean,
): TimelineBlock[] {
  const blocks: TimelineBlock[] = [];
  let previous: TimelineRow | undefined;
  for (const page of [...pages].reverse()) {
    for (let from = 0; from < page.data.length; from += blockSize) {
      const items = page.data.slice(from, from + blockSize);
      const rows: TimelineRow[] = [];
      for (const item of items) {
        if (!isShown(item, show, isTold)) continue;
        const at = timeOfItem(item);
        const newDay = !previous || dayOf(previous.at) !== dayOf(at);
        const row: TimelineRow =
          item.type === "message"
            ? {
                type: "message",
                key: keyOfItem(item),
                at,
                newDay,
                message: item.message,
                // The first of a page has its name even where it goes on, so that it does not change its
                // height when the page before it arrives.
                continued: !newDay && item !== page.data[0] && continues(previous, item.message),
              }
            : { type: "activity", key: keyOfItem(item), at, newDay, activities: [item.activity] };
        rows.push(row);
        previous = row;
      }
      const first = items[0];
      if (rows.length > 0 && first) blocks.push({ key: keyOfItem(first), rows: merged(rows) });
    }
  }
  return blocks;
}

/** The key of the first message the reader has not seen. */
export function firstUnread(rows: readonly TimelineRow[], unread: number): string | null {
  let left = unread;
  for (let index = rows.length - 1; index >= 0 && left > 0; index -= 1) {
    const row = rows[index];
    // What nobody wrote, such as a delivery report, is not counted as unread.
    if (row?.type !== "message" || row.message.direction !== "inbound" || row.message.automatic)
      continue;
    left -= 1;
    if (left === 0) return row.key;
  }
  return null;
}
