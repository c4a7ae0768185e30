import { describe, expect, it } from "vitest";
import { KeyMatcher, type KeyPress, pressNames } from "./keyboard";
import type { Action } from "./registry";

const press = (key: string, code: string, modifiers: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...modifiers,
});
const anAction = (id: string, shortcut: string): Action => ({
  id,
  group: "general",
  label: id,
  shortcut,
  canRun: () => true,
  run: () => undefined,
});

describe("key names", () => {
  it("spell out shift for letters and leave it inside symbols", () => {
    expect(pressNames(press("C", "KeyC", { shiftKey: true }))).toContain("shift+c");
    expect(pressNames(press("?", "Slash", { shiftKey: true }))[0]).toBe("?");
  });

  it("fall back to the place of the key on other alphabets", () => {
    expect(pressNames(press("о", "KeyJ"))).toEqual(["о", "j"]);
  });

  it("treat Ctrl and ⌘ alike", () => {
    expect(pressNames(press("k", "KeyK", { metaKey: true }))).toContain("mod+k");
    expect(pressNames(press("k", "KeyK", { ctrlKey: true }))).toContain("mod+k");
  });
});

describe("sequences", () => {
  const actions = [anAction("go", "g i"), anAction("mine", "i")];

  it("need both keys, soon after each other", () => {
    const matcher = new KeyMatcher();
    expect(matcher.match(press("g", "KeyG"), actions, 1_000)).toBeNull();
    expect(matcher.match(press("i", "KeyI"), actions, 1_400)?.id).toBe("go");
    matcher.match(press("g", "KeyG"), actions, 10_000);
    expect(matcher.match(press("i", "KeyI"), actions, 20_000)?.id).toBe("mine");
  });
});
