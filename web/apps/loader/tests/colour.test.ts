import { describe, expect, it } from "vitest";
import { isColour, readableOn } from "../src/colour";

function exactLuminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((start) => {
    const value = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [darker, lighter] = [exactLuminance(one), exactLuminance(other)].sort((a, b) => a - b) as [
    number,
    number,
  ];
  return (lighter + 0.05) / (darker + 0.05);
}

describe("the foreground on an accent colour", () => {
  it("is white on dark and near-black on light colours", () => {
    expect(readableOn("#2f5bd8")).toBe("#fff");
    expect(readableOn("#ffcc00")).toBe("#14171f");
  });

  it("reaches a contrast of at least 4 on every colour of a coarse cube", () => {
    const steps = ["00", "33", "66", "99", "cc", "ff"];
    for (const red of steps) {
      for (const green of steps) {
        for (const blue of steps) {
          const ground = `#${red}${green}${blue}`;
          const ink = readableOn(ground) === "#fff" ? "#ffffff" : "#14171f";
          expect(contrast(ground, ink), ground).toBeGreaterThan(4);
        }
      }
    }
  });

  it("accepts six hexadecimal digits and nothing else", () => {
    expect(isColour("#A1b2C3")).toBe(true);
    for (const value of ["red", "#fff", "#12345g", "#123456;x", undefined, null, 7]) {
      expect(isColour(value)).toBe(false);
    }
  });
});
