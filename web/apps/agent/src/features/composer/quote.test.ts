import { describe, expect, it } from "vitest";
import { quotable, withQuote } from "./quote";

const empty = { text: "", html: null };

describe("a quote", () => {
  it("stands above the place where the answer goes", () => {
    const { text, html } = withQuote(empty, "Where is it?\n\nAna", "Ana wrote:");
    expect(text).toBe("Ana wrote:\n> Where is it?\n>\n> Ana\n\n");
    expect(html).toBe(
      "<p>Ana wrote:</p><blockquote><p>Where is it?</p><p></p><p>Ana</p></blockquote><p></p>",
    );
  });

  it("joins what is written already", () => {
    const draft = { text: "Hello\n", html: "<p><strong>Hello</strong></p>" };
    const { text, html } = withQuote(draft, "A", "Ana wrote:");
    expect(text).toBe("Hello\n\nAna wrote:\n> A\n\n");
    expect(html.startsWith("<p><strong>Hello</strong></p><p>Ana wrote:</p>")).toBe(true);
  });

  it("is text and never markup", () => {
    expect(withQuote(empty, "<img src=x onerror=alert(1)>", "Ana:").html).toContain(
      "<p>&lt;img src=x onerror=alert(1)&gt;</p>",
    );
  });

  it("leaves out what the message quoted itself", () => {
    expect(quotable({ visible_text: " New ", body_text: "New\n> Old" })).toBe("New");
    expect(quotable({ visible_text: "", body_text: "All" })).toBe("All");
  });
});
