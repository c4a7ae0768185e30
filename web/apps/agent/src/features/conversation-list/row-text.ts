/** The words of one row: its preview line, and its accessible name. */
import type { Conversation, Viewer } from "@rapport/api";
import { t } from "@/i18n";
import { agoTime } from "@/i18n/format";

export type PreviewKind = "typing" | "draft" | "failed" | "note" | "outbound" | "inbound" | "empty";
export interface Preview {
  kind: PreviewKind;
  /** Who it is from, where that is not the contact. */
  prefix: string | null;
  text: string;
}

/** The most urgent thing there is to say about a conversation in one line. */
export function previewOf(
  conversation: Conversation,
  myName: string,
  contactIsTyping: boolean,
): Preview {
  const { last_message: last, draft } = conversation;
  if (contactIsTyping) return { kind: "typing", prefix: null, text: t("row.typing") };
  if (draft?.preview) return { kind: "draft", prefix: t("row.draft"), text: draft.preview };
  if (!last) return { kind: "empty", prefix: null, text: t("row.no_messages") };
  const failed = last.delivery_status === "failed" || last.delivery_status === "bounced";
  if (failed) return { kind: "failed", prefix: t("row.not_sent"), text: last.preview };
  const mine = last.author_kind === "user" && last.author_name === myName;
  if (last.kind === "note")
    return { kind: "note", prefix: t("row.note", { name: last.author_name }), text: last.preview };
  if (last.direction === "outbound") {
    const prefix = t("row.outbound", { name: mine ? t("common.you") : last.author_name });
    return { kind: "outbound", prefix, text: last.preview };
  }
  if (last.author_kind === "system")
    return { kind: "empty", prefix: t("row.report"), text: last.preview };
  return { kind: "inbound", prefix: null, text: last.preview };
}

export const nameOf = (conversation: Conversation) =>
  conversation.contact?.display_name ?? t("contact.nobody");

/** What it is about, unless all there is says again whom it is with. */
export function titleOf(conversation: Conversation): string | null {
  const { subject, topic, contact } = conversation;
  if (subject) return subject;
  return topic && topic !== `Talking with '${contact?.display_name}'` ? topic : null;
}

export function accessibleName(
  conversation: Conversation,
  preview: Preview,
  viewers: readonly Viewer[],
  now: number,
): string {
  const parts = [
    conversation.unread_count > 0 ? t("row.unread", { count: conversation.unread_count }) : null,
    `${nameOf(conversation)}, ${t(`channel.${conversation.channel}`)}, ${agoTime(conversation.last_activity_at, now)}`,
    conversation.status !== "open" ? t(`status.${conversation.status}`) : null,
    conversation.priority === "high" || conversation.priority === "urgent"
      ? t("row.priority", { priority: t(`priority.${conversation.priority}`) })
      : null,
    conversation.requires_action ? t("row.requires_action") : null,
    titleOf(conversation),
    [preview.prefix, preview.text].filter(Boolean).join(" "),
    conversation.assignee
      ? t("row.assigned", { name: conversation.assignee.name })
      : t("row.unassigned"),
    ...viewers.map((viewer) => t("row.viewing", { name: viewer.user.name })),
  ];
  return parts.filter(Boolean).join(". ");
}
