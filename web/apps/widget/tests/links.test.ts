import { describe, expect, it } from "vitest";
import { splitLinks } from "../src/text/links";

const links = (text: string) => splitLinks(text).flatMap(({ href }) => href ?? []);

describe("splitLinks", () => {
  it("keeps every character of the text", () => {
    for (const text of [
      "",
      "plain",
      "see https://a.example/x?y=1#z, or www.b.example.",
      "a@b.co, (https://a.example/p_(q)) and 😕",
      "http://",
      "https://[broken",
    ]) {
      expect(
        splitLinks(text)
          .map((piece) => piece.text)
          .join(""),
      ).toBe(text);
    }
  });

  it("leaves out the punctuation around an address", () => {
    expect(links("Go to https://a.example/x.")).toEqual(["https://a.example/x"]);
    expect(links("(https://a.example/p_(q))")).toEqual(["https://a.example/p_(q)"]);
    expect(links("www.a.example, write to ana.k+x@b.example!")).toEqual([
      "https://www.a.example/",
      "mailto:ana.k+x@b.example",
    ]);
  });

  it("makes links of web and mail addresses only", () => {
    for (const text of [
      "javascript:alert(1)",
      "data:text/html,<script>",
      "vbscript:x",
      "file:///etc/passwd",
      "[x](javascript:alert(1))",
      "https://nodots/",
      "//a.example",
      "@b.example",
    ]) {
      expect(links(text), text).toEqual([]);
    }
  });

  it("ends an address at quotes, brackets and invisible characters", () => {
    expect(links('https://a.example/"onmouseover="x')).toEqual(["https://a.example/"]);
    expect(links("https://a.example/<b>")).toEqual(["https://a.example/"]);
    expect(links("https://a.example/\u202egpj.exe")).toEqual(["https://a.example/"]);
  });

  it("stays fast on text that almost matches", () => {
    const started = performance.now();
    splitLinks("a".repeat(50_000));
    splitLinks(`https://a.example/${")".repeat(50_000)}`);
    splitLinks("a.".repeat(25_000));
    expect(performance.now() - started).toBeLessThan(500);
  });
});
