import { describe, expect, it } from "vitest";
import { aConversation } from "@/test/builders";
import { listQuery, matchesQuery, parseInboxSearch, parseView } from "./list-query";

describe("reading the address", () => {
  it("keeps what it knows and drops the rest", () => {
    const raw = {
      channel: "email",
      unread: "true",
      status: "open,closed,nonsense",
      priority: ["urgent"],
      sort: "by-mood",
      other: 1,
    };
    expect(parseInboxSearch(raw)).toEqual({
      channel: "email",
      unread: true,
      status: ["open", "closed"],
      priority: ["urgent"],
    });
    expect(parseView("elsewhere")).toBe("mine");
  });

  it("names what it dropped, so that the raw value cannot shine through", () => {
    const raw = { sort: "by-mood", show: "bogus", channel: "pigeon" };
    expect({ ...raw, ...parseInboxSearch(raw) }).toEqual({});
  });

  it("survives a trip through the address unchanged", () => {
    const search = parseInboxSearch({
      q: "refund",
      action: 1,
      assignee: "usr_1",
      sort: "priority",
    });
    expect(parseInboxSearch({ ...search })).toEqual(search);
  });
});

describe("what is asked of the server", () => {
  it("starts from the view and narrows with the filters", () => {
    expect(listQuery("mine", {})).toEqual({ assignee: "me", status: "open,waiting,pending" });
    expect(listQuery("mine", { status: ["solved"], unread: true })).toEqual({
      assignee: "me",
      status: "solved",
      unread: true,
    });
    expect(listQuery("all", { assignee: "usr_1", sort: "last_activity" })).toEqual({
      assignee: "usr_1",
    });
  });

  it("does not let a filter widen a personal view", () => {
    expect(listQuery("mine", { assignee: "usr_other" }).assignee).toBe("me");
  });
});

describe("whether a conversation belongs", () => {
  const mine = aConversation({
    assignee: { id: "usr_me", name: "Bo" },
    channels: ["email", "chat"],
  });

  it("looks at every channel a conversation has used", () => {
    expect(matchesQuery(mine, { channel: "chat" }, "usr_me")).toBe(true);
    expect(matchesQuery(mine, { channel: "api" }, "usr_me")).toBe(false);
  });

  it("knows who is asking", () => {
    expect(matchesQuery(mine, { assignee: "me" }, "usr_me")).toBe(true);
    expect(matchesQuery(mine, { assignee: "me" }, "usr_other")).toBe(false);
    expect(matchesQuery(mine, { assignee: "unassigned" }, "usr_me")).toBe(false);
  });

  it("never shows test conversations", () => {
    expect(matchesQuery(aConversation({ test: true }), {}, "usr_me")).toBe(false);
  });

  it("leaves a text search to the server", () => {
    expect(matchesQuery(mine, { q: "order" }, "usr_me")).toBeUndefined();
  });
});
