import type { Delivery } from "@rapport/api";
import { describe, expect, it } from "vitest";
import { aDelivery, aMessage } from "@/test/builders";
import { causeOf, type Rights, waitingOf } from "./waiting";

const now = Date.parse("2026-11-22T14:00:00.000Z");
const before = "2026-11-22T13:59:00.000Z";
const later = "2026-11-22T14:05:00.000Z";
const teammate: Rights = { mayReply: true, closed: false };

const queued = (fields: Partial<Delivery>, held_until: string | null = null) =>
  aMessage({ delivery: { ...aDelivery("queued"), updated_at: before, ...fields }, held_until });

describe("a message that has not left", () => {
  it("can be taken back or tried at once while it waits for another attempt", () => {
    expect(waitingOf(queued({ next_attempt_at: later }), now, teammate)).toEqual({
      state: "again",
      takeBack: true,
      tryNow: true,
    });
  });

  it("is not tried twice at once", () => {
    const due = queued({ next_attempt_at: new Date(now).toISOString() });
    expect(waitingOf(due, now, teammate)).toEqual({
      state: "trying",
      takeBack: true,
      tryNow: false,
    });
  });

  it("can be taken back while it is held, and where the line is long", () => {
    const acts = { takeBack: true, tryNow: false };
    expect(waitingOf(queued({}, later), now, teammate)).toEqual({ state: "held", ...acts });
    expect(waitingOf(queued({}), now, teammate)).toEqual({ state: "queued", ...acts });
  });

  it("says nothing in the moment before it leaves", () => {
    const updated_at = new Date(now - 1_000).toISOString();
    expect(waitingOf(queued({ updated_at }), now, teammate)).toBeNull();
    const held = waitingOf(queued({}, updated_at), now, teammate);
    expect(held?.state, "but what was held is seen to go on").toBe("trying");
  });

  it("can only be kept from going out of a closed conversation", () => {
    const closed = { mayReply: true, closed: true };
    expect(waitingOf(queued({ next_attempt_at: later }), now, closed)).toEqual({
      state: "again",
      takeBack: true,
      tryNow: false,
    });
  });

  it("is explained to those who may not answer, and no more", () => {
    const reader = { mayReply: false, closed: false };
    expect(waitingOf(queued({ next_attempt_at: later }), now, reader)).toEqual({
      state: "again",
      takeBack: false,
      tryNow: false,
    });
  });

  it("is none of those that left, failed or never reached the server", () => {
    for (const status of ["sending", "sent", "failed", "bounced", "unknown", "cancelled"] as const)
      expect(waitingOf(queued({ status, next_attempt_at: later }), now, teammate)).toBeNull();
    const local = { ...queued({ next_attempt_at: later }), id: "local:1" };
    expect(waitingOf(local, now, teammate)).toBeNull();
  });
});

describe("why it waits", () => {
  const again = (code: string | null): Delivery => ({ ...aDelivery("queued"), code });
  it.each([
    [null, "email", "waiting.no_answer"],
    ["451", "email", "waiting.put_off"],
    ["4.2.2", "email", "failure.mailbox_full"],
    ["503", "api", "waiting.not_handed_over"],
  ] as const)("is told for the code %s by %s", (code, channel, cause) => {
    expect(causeOf(again(code), channel)).toBe(cause);
  });
});
