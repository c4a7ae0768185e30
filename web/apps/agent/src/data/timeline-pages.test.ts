import type { Delivery, Message } from "@rapport/api";
import { describe, expect, it } from "vitest";
import { aDelivery, aMessage, timelineOf } from "@/test/builders";
import { flattenTimeline, placeMessage, type TimelinePages } from "./timeline-pages";

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
