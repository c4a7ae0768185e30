import { describe, expect, it } from "vitest";
import { paletteScore } from "./score";

const score = (typed: string, label: string, keywords = "") =>
  paletteScore(typed, [label, keywords], true);

describe("the command menu", () => {
  it("does not answer with actions to a word that none of them has", () => {
    for (const label of ["Assign to me", "Write a note", "Close conversation", "New conversation"])
      expect(score("tent", label)).toBe(0);
  });

  it("finds by the beginning of words in any order", () => {
    expect(score("me ass", "Assign to me")).toBeGreaterThan(0);
    expect(score("unass", "Go to Unassigned")).toBeGreaterThan(0);
  });

  it("finds by initials, by abbreviation and by other words for it", () => {
    expect(score("atm", "Assign to me")).toBeGreaterThan(0);
    expect(score("asgn", "Assign")).toBeGreaterThan(0);
    expect(score("archive", "Close conversation", "archive done")).toBeGreaterThan(0);
  });

  it("puts the label before other words, and what can be done before what cannot", () => {
    expect(score("close", "Close conversation")).toBeGreaterThan(score("close", "Solve", "close"));
    expect(paletteScore("ass", ["Assign to me"], false)).toBeLessThan(score("ass", "Unass assign"));
    expect(paletteScore("ass", ["Assign to me"], false)).toBeGreaterThan(0);
  });
});
