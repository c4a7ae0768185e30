// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from "vitest";
import { shownIds } from "./inbox-state";
import {
  clearPicks,
  extendPicks,
  keepPicks,
  pickAll,
  pickCursor,
  picked,
  pickTo,
  togglePick,
} from "./selection";

const all = () => [...picked.get()];

describe("picking rows", () => {
  beforeEach(() => {
    clearPicks();
    shownIds.set(["a", "b", "c", "d", "e"]);
  });

  it("begins at the open conversation and goes on from there", () => {
    extendPicks(1, "b");
    expect(all()).toEqual(["b", "c"]);
    extendPicks(1, "b");
    expect(all()).toEqual(["b", "c", "d"]);
    expect(pickCursor.get()).toBe("d");
  });

  it("lets go of rows when the range turns back", () => {
    extendPicks(1, "b");
    extendPicks(1, "b");
    extendPicks(-1, "b");
    expect(all()).toEqual(["b", "c"]);
    extendPicks(-1, "b");
    extendPicks(-1, "b");
    expect(all()).toEqual(["a", "b"]);
  });

  it("begins at the top when nothing is open, and stops at the end", () => {
    extendPicks(1, null);
    expect(all()).toEqual(["a"]);
    pickTo("e", null);
    extendPicks(1, null);
    expect(all()).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("keeps what was picked one by one when a range is added", () => {
    togglePick("a");
    togglePick("c");
    pickTo("e", null);
    expect(all()).toEqual(["a", "c", "d", "e"]);
    togglePick("d");
    expect(all()).toEqual(["a", "c", "e"]);
  });

  it("takes everything that is loaded, and forgets what has left", () => {
    pickAll();
    expect(all()).toHaveLength(5);
    keepPicks(["a", "e"]);
    expect(all()).toEqual(["a", "e"]);
    keepPicks([]);
    expect(all()).toEqual([]);
  });
});
