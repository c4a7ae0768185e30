import type { Delivery, Message } from "@rapport/api";
import { describe, expect, it } from "vitest";
import { aDelivery, aMessage, timelineOf } from "@/test/builders";
import {
  flattenTimeline,
  placeActivity,
  placeMessage,
  type TimelinePages,
  withUnsent,
} from "./timeline-pages";

const at = (second: number) => `2026-11-22T08:00:0${second}.000Z`;
const tried = (second: number, status: Delivery["status"]): Delivery => ({
  ...aDelivery(status),
  updated_at: at(second),
});
const statusIn = (timeline: TimelinePages) =>
  flattenTimeline(timeline).map((item) =>
    item.type === "message" ? item.message.delivery?.status : null,
  );
const after = (known: Message, answer: Message) => placeMessage(timelineOf([known]), answer);

describe("the answer to who asked for an attempt", () => {
  it("does not undo the news of how the attempt went", () => {
    const known = aMessage({ delivery: tried(2, "failed"), version: 1 });
    const answer = { ...known, delivery: tried(1, "queued"), version: 2 };
    expect(statusIn(after(known, answer))).toEqual(["failed"]);
  });

  it("is news where nothing newer is known", () => {
    const known = aMessage({ delivery: tried(1, "failed"), version: 1 });
    const answer = { ...known, delivery: tried(2, "queued"), version: 2 };
    expect(statusIn(after(known, answer))).toEqual(["queued"]);
  });

  it("takes the place of its stand-in, whose clock is another", () => {
    const stand = aMessage({ id: "local:1", client_id: "1", delivery: tried(9, "sending") });
    const answer = aMessage({ client_id: "1", delivery: tried(1, "queued") });
    expect(statusIn(after(stand, answer))).toEqual(["queued"]);
  });
});

describe("a thread that was opened around a message", () => {
  const known = aMessage();
  const activity = {
    seq: 7,
    name: "conversation.closed",
    actor: { kind: "system" as const, id: null, name: "" },
    occurred_at: at(3),
    data: {},
  };

  it("leaves what is new to the pages that have yet to come", () => {
    const open = timelineOf([known], "newer");
    expect(flattenTimeline(placeMessage(open, aMessage()))).toHaveLength(1);
    expect(flattenTimeline(placeActivity(open, activity))).toHaveLength(1);
  });

  it("takes it in once it reaches the end", () => {
    const whole = timelineOf([known]);
    expect(flattenTimeline(placeMessage(whole, aMessage()))).toHaveLength(2);
    expect(flattenTimeline(placeActivity(whole, activity))).toHaveLength(2);
  });

  it("shows changes of the messages that it has", () => {
    const open = timelineOf([known], "newer");
    const [item] = flattenTimeline(placeMessage(open, { ...known, body_text: "New", version: 2 }));
    expect(item?.type === "message" && item.message.body_text).toBe("New");
  });
});

describe("asking for a thread once more", () => {
  const stored = aMessage({ client_id: "1" });
  const page = { data: timelineOf([stored]).pages[0]?.data ?? [], next_cursor: null };

  it("keeps what the server has not accepted, and nothing that it has", () => {
    const known = timelineOf([
      aMessage({ id: "local:1", client_id: "1" }),
      aMessage({ id: "local:2", client_id: "2" }),
    ]);
    const ids = withUnsent({ ...page, newer_cursor: null }, known).data.map(
      (item) => item.type === "message" && item.message.id,
    );
    expect(ids).toEqual([stored.id, "local:2"]);
  });

  it("keeps it at the end alone", () => {
    const known = timelineOf([aMessage({ id: "local:2", client_id: "2" })]);
    expect(withUnsent({ ...page, newer_cursor: "newer" }, known).data).toHaveLength(1);
  });
});
