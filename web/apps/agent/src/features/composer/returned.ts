/** A message that was taken back before it left: its words go on in the draft, above what is written there. */
import type { Attachment, Message } from "@rapport/api";
import { asHtml } from "@/editor/html";
import { type DraftContent, isEmptyDraft } from "./draft-store";

export function withReturned(draft: DraftContent, message: Message): Partial<DraftContent> {
  const { attachments } = message;
  const text = message.body_text.trim();
  const html = message.body_html ? asWritten(message.body_html, attachments) : null;
  if (isEmptyDraft(draft)) {
    const { subject, to, cc, bcc, channel_account_id: channelAccountId } = message;
    const addressed = message.channel === "email" ? { subject, to, cc, bcc } : {};
    return { text, html, attachments, channelAccountId, ...addressed };
  }
  const rich = html !== null || draft.html !== null;
  const written = draft.text.trimEnd();
  return {
    text: [text, written].filter(Boolean).join("\n\n"),
    html: rich ? `${html ?? asHtml(text)}${draft.html || asHtml(written)}` : null,
    attachments: [...attachments, ...draft.attachments],
  };
}

/** Where it was read, its images had addresses; where it is written, they are named by their files. */
function asWritten(html: string, attachments: readonly Attachment[]): string {
  if (!html.includes("<img")) return html;
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const image of body.querySelectorAll("img")) {
    const source = pathOf(image.getAttribute("src"));
    const file = attachments.find(
      ({ url, preview_url }) =>
        source && (pathOf(url) === source || pathOf(preview_url) === source),
    );
    if (file) image.setAttribute("src", `cid:${file.id}`);
  }
  return body.innerHTML;
}
const pathOf = (address: string | null | undefined) => address?.split("?")[0];
