import type { Delivery } from "@rapport/api";
import { describe, expect, it } from "vitest";
import { failureOf, providerWords } from "./failure-words";

const delivery = (code: string | null, reason: string | null): Delivery => ({
  status: "failed",
  reason,
  code,
  attempts: 1,
  next_attempt_at: null,
  updated_at: "2026-11-22T10:00:00.000Z",
});

describe("why a mail failed", () => {
  it.each([
    ["5.1.1", "no_address"],
    ["4.2.2", "mailbox_full"],
    ["5.2.1", "mailbox_closed"],
    ["5.3.4", "too_large"],
    ["5.7.26", "refused"],
  ])("is known for %s", (code, meaning) => {
    expect(failureOf(delivery(code, "no"))).toBe(meaning);
  });

  it.each([null, "550", "emailed", "5.0.0", "x5.1.1"])("is not guessed for %s", (code) => {
    expect(failureOf(delivery(code, "no"))).toBeNull();
  });

  it("names the code once", () => {
    expect(providerWords(delivery("5.1.1", "5.1.1 no such mailbox"))).toBe("5.1.1 no such mailbox");
    expect(providerWords(delivery("550", "Go away"))).toBe("Go away (550)");
    expect(providerWords(delivery(null, null))).toBe("");
  });
});
