import type { Draft } from "@rapport/api";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DraftStore } from "./draft-store";

const stored = (body_text: string, updated_at: string): Draft => ({
  conversation_id: "cnv_1",
  mode: "reply",
  body_text,
  body_html: null,
  subject: null,
  to: [],
  cc: [],
  bcc: [],
  attachment_ids: [],
  attachments: [],
  channel_account_id: null,
  updated_at,
  version: 1,
});

function setUp(load: Draft | null = null) {
  const server = {
    load: vi.fn(async () => load),
    save: vi.fn(async () => stored("", "2026-11-22T08:00:00.000Z")),
    remove: vi.fn(async () => undefined),
  };
  return { server, drafts: new DraftStore("usr_me", server, localStorage) };
}

beforeEach(() => {
  localStorage.clear();
  vi.useFakeTimers({ now: new Date("2026-11-22T09:00:00.000Z") });
});
afterEach(() => vi.useRealTimers());

describe("drafts", () => {
  it("outlive the tab", async () => {
    setUp().drafts.change("cnv_1", "reply", { text: "Dear Ana" });
    await vi.advanceTimersByTimeAsync(300);
    expect(setUp().drafts.get("cnv_1", "reply").text).toBe("Dear Ana");
  });

  it("reach the server once after a pause, with the last text", async () => {
    const { server, drafts } = setUp();
    drafts.change("cnv_1", "reply", { text: "D" });
    await vi.advanceTimersByTimeAsync(500);
    drafts.change("cnv_1", "reply", { text: "Dear" });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(server.save).toHaveBeenCalledTimes(1);
    expect(server.save).toHaveBeenCalledWith(
      "cnv_1",
      "reply",
      expect.objectContaining({ body_text: "Dear" }),
    );
    expect(drafts.state("cnv_1", "reply")).toBe("saved");
  });

  it("take over from elsewhere whom was chosen, and with them who gets a copy", () => {
    const { drafts } = setUp();
    const ana = { name: null, address: "ana@customer.test" };
    drafts.adopt("cnv_1", "reply", stored("Elsewhere", "2026-11-22T09:30:00.000Z"));
    expect(drafts.get("cnv_1", "reply")).toMatchObject({ to: null, cc: null });
    drafts.adopt("cnv_1", "reply", { ...stored("x", "2026-11-22T09:31:00.000Z"), to: [ana] });
    expect(drafts.get("cnv_1", "reply")).toMatchObject({ to: [ana], cc: [] });
  });

  it("do not bring back whom the writer took away when their own copy returns", async () => {
    const { drafts } = setUp();
    drafts.change("cnv_1", "reply", { text: "Hello", to: [], cc: [] });
    await vi.advanceTimersByTimeAsync(1_000);
    drafts.adopt("cnv_1", "reply", stored("Hello", "2026-11-22T09:30:00.000Z"));
    expect(drafts.get("cnv_1", "reply")).toMatchObject({ to: [], cc: [] });
  });

  it("keep reply and note apart", () => {
    const { drafts } = setUp();
    drafts.change("cnv_1", "reply", { text: "to the customer" });
    drafts.change("cnv_1", "note", { text: "to the team" });
    expect(drafts.get("cnv_1", "reply").text).toBe("to the customer");
    expect(drafts.get("cnv_1", "note").text).toBe("to the team");
  });

  it("never save twice at once", async () => {
    const { server, drafts } = setUp();
    let underWay = 0;
    let most = 0;
    server.save.mockImplementation(async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      underWay -= 1;
      return stored("", "2026-11-22T08:00:00.000Z");
    });
    drafts.change("cnv_1", "reply", { text: "one" });
    await vi.advanceTimersByTimeAsync(1_100);
    drafts.change("cnv_1", "reply", { text: "two" });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(most).toBe(1);
    expect(server.save).toHaveBeenLastCalledWith(
      "cnv_1",
      "reply",
      expect.objectContaining({ body_text: "two" }),
    );
  });

  it("say when only this device has them, and try again with the next change", async () => {
    const { server, drafts } = setUp();
    server.save.mockRejectedValueOnce(new Error("offline"));
    drafts.change("cnv_1", "reply", { text: "a" });
    await vi.advanceTimersByTimeAsync(1_100);
    expect(drafts.state("cnv_1", "reply")).toBe("local");
    drafts.change("cnv_1", "reply", { text: "ab" });
    await vi.advanceTimersByTimeAsync(1_100);
    expect(drafts.state("cnv_1", "reply")).toBe("saved");
  });

  it("take the server's copy only when it is newer", async () => {
    const newer = setUp(stored("from the phone", "2026-11-22T10:00:00.000Z"));
    await newer.drafts.load("cnv_1", "reply");
    expect(newer.drafts.get("cnv_1", "reply").text).toBe("from the phone");

    const older = setUp(stored("yesterday", "2026-11-21T10:00:00.000Z"));
    older.drafts.change("cnv_2", "reply", { text: "today" });
    await older.drafts.load("cnv_2", "reply");
    expect(older.drafts.get("cnv_2", "reply").text).toBe("today");
  });

  it("do not come back from late news of a text that was sent meanwhile", async () => {
    const { drafts } = setUp();
    drafts.change("cnv_1", "reply", { text: "Dear Ana" });
    drafts.clear("cnv_1", "reply");
    await vi.advanceTimersByTimeAsync(0);
    drafts.adopt("cnv_1", "reply", stored("Dear Ana", "2026-11-22T08:59:59.000Z"));
    expect(drafts.get("cnv_1", "reply").text).toBe("");
  });

  it("are removed everywhere once they are sent", async () => {
    const { server, drafts } = setUp();
    drafts.change("cnv_1", "reply", { text: "Dear Ana" });
    await vi.advanceTimersByTimeAsync(1_100);
    drafts.clear("cnv_1", "reply");
    await vi.advanceTimersByTimeAsync(0);
    expect(server.remove).toHaveBeenCalledWith("cnv_1", "reply");
    expect(localStorage.length).toBe(0);
  });
});
