import { describe, expect, it } from "vitest";
import { aConversation, listOf } from "@/test/builders";
import { flattenList, holdOrder, placeConversation } from "./list-pages";

const at = (minute: number) => `2026-11-22T08:${String(minute).padStart(2, "0")}:00.000Z`;
const ids = (rows: readonly { id: string }[]) => rows.map((row) => row.id);
const me = "usr_me";

describe("placing a conversation", () => {
  const a = aConversation({ id: "cnv_a", last_activity_at: at(30) });
  const b = aConversation({ id: "cnv_b", last_activity_at: at(20) });
  const c = aConversation({ id: "cnv_c", last_activity_at: at(10) });

  it("moves it up when something happens in it", () => {
    const list = placeConversation(
      listOf([a, b, c]),
      {},
      { ...c, last_activity_at: at(40), version: 2 },
      me,
    );
    expect(ids(flattenList(list))).toEqual(["cnv_c", "cnv_a", "cnv_b"]);
    expect(list.pages[0]?.total).toBe(3);
  });

  it("takes it out when it no longer matches, and counts one less", () => {
    const list = placeConversation(
      listOf([a, b, c]),
      { status: "open" },
      { ...b, status: "solved", version: 2 },
      me,
    );
    expect(ids(flattenList(list))).toEqual(["cnv_a", "cnv_c"]);
    expect(list.pages[0]?.total).toBe(2);
  });

  it("leaves what lies beyond the loaded pages to them, and still counts it", () => {
    const late = aConversation({ id: "cnv_z", last_activity_at: at(1) });
    const list = placeConversation(listOf([a, b], { more: true, total: 9 }), {}, late, me);
    expect(ids(flattenList(list))).toEqual(["cnv_a", "cnv_b"]);
    expect(list.pages[0]?.total).toBe(10);
  });

  it("does not guess whether a new conversation matches a text search", () => {
    const fresh = aConversation({ id: "cnv_n", last_activity_at: at(50) });
    expect(ids(flattenList(placeConversation(listOf([a]), { q: "order" }, fresh, me)))).toEqual([
      "cnv_a",
    ]);
  });

  it("puts who waits longest first when sorted so", () => {
    const waiting = [
      aConversation({ id: "cnv_1", waiting_since: at(5) }),
      aConversation({ id: "cnv_2", waiting_since: at(15) }),
    ];
    const query = { sort: "oldest_unanswered" as const };
    const first = aConversation({ id: "cnv_3", waiting_since: at(10) });
    expect(ids(flattenList(placeConversation(listOf(waiting), query, first, me)))).toEqual([
      "cnv_1",
      "cnv_3",
      "cnv_2",
    ]);
  });
});

describe("holding the order while somebody points at the list", () => {
  const [a, b, c] = ["cnv_a", "cnv_b", "cnv_c"].map((id) => aConversation({ id }));
  if (!a || !b || !c) throw new Error("The builders returned nothing.");
  const last = new Map([a, b, c].map((row) => [row.id, row]));
  const none = new Set<string>();

  it("keeps rows in their places and shows their fresh content", () => {
    const changed = { ...c, topic: "Changed" };
    const held = holdOrder(["cnv_a", "cnv_b", "cnv_c"], [changed, a, b], last, none);
    expect(ids(held.rows)).toEqual(["cnv_a", "cnv_b", "cnv_c"]);
    expect(held.rows[2]?.topic).toBe("Changed");
    expect(held.pending).toBeGreaterThan(0);
  });

  it("keeps a row that others removed, and lets go one the reader removed", () => {
    expect(ids(holdOrder(["cnv_a", "cnv_b"], [a], last, none).rows)).toEqual(["cnv_a", "cnv_b"]);
    const released = new Set(["cnv_b"]);
    expect(ids(holdOrder(["cnv_a", "cnv_b"], [a], last, released).rows)).toEqual(["cnv_a"]);
  });

  it("holds back newcomers above and lets in what scrolling loads below", () => {
    const above = aConversation({ id: "cnv_new" });
    const below = aConversation({ id: "cnv_old" });
    const held = holdOrder(["cnv_a", "cnv_b"], [above, a, b, below], last, none);
    expect(ids(held.rows)).toEqual(["cnv_a", "cnv_b", "cnv_old"]);
    expect(held.pending).toBe(1);
  });

  it("has nothing pending when nothing changed", () => {
    expect(holdOrder(["cnv_a", "cnv_b"], [a, b], last, none).pending).toBe(0);
  });
});
