import { expect, test } from "vitest";
import { shortened, snippetParts } from "./snippet";

const shown = (text: string) =>
  shortened(snippetParts(text))
    .map((part) => (part.match ? `[${part.text}]` : part.text))
    .join("");

test("a match far from the beginning is brought into view", () => {
  expect(
    shown("It arrived today, and the box is soaked through. The down \u0001jacket\u0002 is damp"),
  ).toBe("…the box is soaked through. The down [jacket] is damp");
});

test("what fits stays as it is", () => {
  expect(shown("The down \u0001jacket\u0002 is damp")).toBe("The down [jacket] is damp");
  expect(shown("\u0001Jacket\u0002 and \u0001jacket\u0002")).toBe("[Jacket] and [jacket]");
  expect(shown("Nothing is marked here, however long the text goes on and on")).toBe(
    "Nothing is marked here, however long the text goes on and on",
  );
});

test("a text without spaces is cut as well", () => {
  expect(shown(`${"x".repeat(60)}\u0001y\u0002`)).toBe(`…${"x".repeat(40)}[y]`);
});
