/** Answering with a message quoted: it joins what is written already, and the answer goes below it. */
import type { Message } from "@rapport/api";
import { asHtml } from "@/editor/html";
import type { DraftContent } from "./draft-store";

export const quotable = (message: Pick<Message, "visible_text" | "body_text">) =>
  (message.visible_text || message.body_text).trim();

export function withQuote(
  draft: Pick<DraftContent, "text" | "html">,
  quoted: string,
  heading: string,
): { text: string; html: string } {
  const written = draft.text.trimEnd();
  const lines = quoted.split("\n").map((line) => (line.trim() ? `> ${line}` : ">"));
  const text = [...(written ? [written, ""] : []), heading, ...lines, "", ""].join("\n");
  const before = written ? draft.html || asHtml(written) : "";
  const html = `${before}${asHtml(heading)}<blockquote>${asHtml(quoted)}</blockquote><p></p>`;
  return { text, html };
}
