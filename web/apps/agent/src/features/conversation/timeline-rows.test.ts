import type { Activity, TimelineItem } from "@rapport/api";
import { describe, expect, it } from "vitest";
import { aMessage } from "@/test/builders";
import { blockSize, firstUnread, timelineBlocks } from "./timeline-rows";

const day = "2026-11-20T08:00:00.000Z";
const messages = (count: number, fields = {}): TimelineItem[] =>
  Array.from({ length: count }, () => ({
    type: "message" as const,
    message: aMessage({ sent_at: day, ...fields }),
  }));
let seq = 0;
function activity(actor: string, fields: Partial<Activity> = {}): TimelineItem {
  seq += 1;
  return {
    type: "activity",
    activity: {
      seq,
      name: "conversation.status_changed",
      actor: { kind: "user", id: actor, name: actor },
      occurred_at: day,
      data: {},
      ...fields,
    },
  };
}
const told = () => true;
const rowsOf = (items: TimelineItem[], show: Parameters<typeof timelineBlocks>[1] = "all") =>
  timelineBlocks([{ data: items }], show, told).flatMap((block) => block.rows);

describe("the blocks of a timeline", () => {
  it("are small, and stay the same when a message or an older page is added", () => {
    const newest = messages(30);
    const before = timelineBlocks([{ data: newest }], "all", told);
    expect(before.map(({ rows }) => rows.length)).toEqual([blockSize, 10]);
    const after = timelineBlocks(
      [{ data: [...newest, ...messages(1)] }, { data: messages(40) }],
      "all",
      told,
    );
    expect(after).toHaveLength(4);
    expect(after.slice(2).map(({ key }) => key)).toEqual(before.map(({ key }) => key));
    expect(after[2]?.rows.map(({ key }) => key)).toEqual(before[0]?.rows.map(({ key }) => key));
  });

  it("hold only what is asked for", () => {
    const note = messages(1, { kind: "note" });
    const items = [...messages(2), activity("usr_1"), ...note];
    expect(rowsOf(items)).toHaveLength(4);
    expect(rowsOf(items, "talk")).toHaveLength(3);
    expect(rowsOf(items, "messages")).toHaveLength(2);
    expect(rowsOf(items, "notes").map(({ key }) => key)).toHaveLength(1);
    expect(rowsOf(items, "activity").map(({ type }) => type)).toEqual(["activity"]);
  });

  it("leave out what was cancelled and what there is nothing to say about", () => {
    const cancelled = aMessage({ delivery: null });
    cancelled.delivery = {
      status: "cancelled",
      reason: null,
      code: null,
      attempts: 0,
      next_attempt_at: null,
      updated_at: day,
    };
    const items: TimelineItem[] = [{ type: "message", message: cancelled }, activity("usr_1")];
    expect(timelineBlocks([{ data: items }], "all", () => false)).toEqual([]);
  });

  it("merge three changes in a row by one person, but not two, nor those of another day", () => {
    const two = [activity("a"), activity("a"), activity("b")];
    expect(rowsOf(two)).toHaveLength(3);
    const three = rowsOf([activity("a"), activity("a"), activity("a"), activity("b")]);
    expect(three.map((row) => (row.type === "activity" ? row.activities.length : 0))).toEqual([
      3, 1,
    ]);
    const later = { occurred_at: "2026-11-21T08:00:00.000Z" };
    expect(rowsOf([activity("a"), activity("a"), activity("a", later)])).toHaveLength(3);
  });

  it("find the first message that was not read", () => {
    const inbound = messages(3, { direction: "inbound" });
    const rows = rowsOf([...inbound, ...messages(1)]);
    expect(firstUnread(rows, 2)).toBe(rows[1]?.key);
    expect(firstUnread(rows, 0)).toBeNull();
  });

  it("is never a report, which nobody wrote", () => {
    const [asked, answered] = [messages(1, { direction: "inbound" }), messages(1)];
    const author = { kind: "system", id: null, name: "Mail Delivery" };
    const report = messages(1, { direction: "inbound", automatic: true, author });
    const rows = rowsOf([...asked, ...answered, ...report]);
    expect(firstUnread(rows, 1)).toBe(rows[0]?.key);
  });
});
