/**
 * Images of a mail that was sent a moment ago. Until the message is fetched again its text still
 * refers to them by `cid:`, which no browser can load, and counts them as files.
 */
import type { Attachment, Message } from "@rapport/api";

const reference = /\ssrc="cid:([^"]*)"/g;

export function withOwnImages(message: Message): {
  html: string | null;
  attachments: Attachment[];
} {
  const { body_html: html, attachments } = message;
  if (!html?.includes("cid:")) return { html, attachments };
  const shown = new Set<string>();
  const resolved = html.replace(reference, (_, id: string) => {
    const address = attachments.find((file) => file.id === id)?.preview_url;
    if (!address) return "";
    shown.add(id);
    return ` src="${address}"`;
  });
  return { html: resolved, attachments: attachments.filter((file) => !shown.has(file.id)) };
}
