/** Complete objects for tests, of which a test names only what it is about. */
import type { Conversation, Delivery, DurableEvent, Message } from "@rapport/api";
import type { ListPages } from "@/data/list-pages";
import type { TimelinePages } from "@/data/timeline-pages";

let last = 0;
const next = () => {
  last += 1;
  return String(last).padStart(4, "0");
};
const start = "2026-11-22T08:00:00.000Z";

export function aConversation(fields: Partial<Conversation> = {}): Conversation {
  const id = next();
  return {
    id: `cnv_${id}`,
    number: last,
    status: "open",
    lifecycle: "open",
    channel: "email",
    channels: ["email"],
    origin: "inbound_message",
    test: false,
    topic: "Order",
    subject: null,
    priority: "normal",
    contact: { id: "ctc_1", display_name: "Ana", known: true, company: null },
    assignee: null,
    requires_action: null,
    channel_account_id: "cha_1",
    inbound_count: 1,
    unread_count: 0,
    last_message: null,
    last_activity_at: start,
    waiting_since: null,
    created_at: start,
    updated_at: start,
    closed_at: null,
    closed_by: null,
    follow_up_of: null,
    version: 1,
    ...fields,
  };
}

export function aMessage(fields: Partial<Message> = {}): Message {
  return {
    id: `msg_${next()}`,
    conversation_id: "cnv_1",
    kind: "message",
    direction: "outbound",
    channel: "email",
    channel_account_id: "cha_1",
    author: { kind: "user", id: "usr_me", name: "Bo" },
    subject: null,
    body_text: "Hello",
    visible_text: "Hello",
    has_quote: false,
    body_html: null,
    has_remote_images: false,
    truncated: false,
    from: null,
    to: [],
    cc: [],
    bcc: [],
    attachments: [],
    delivery: null,
    automatic: false,
    warnings: [],
    ai_generated: false,
    ai_drafted: false,
    client_id: null,
    email_message_id: null,
    held_until: null,
    sent_at: start,
    created_at: start,
    version: 1,
    ...fields,
  };
}

export function anEvent<N extends DurableEvent["name"]>(
  name: N,
  data: Extract<DurableEvent, { name: N }>["data"],
): DurableEvent {
  return {
    seq: Number(next()),
    name,
    version: 1,
    occurred_at: start,
    actor: { kind: "user", id: "usr_dana", name: "Dana" },
    conversation_id: null,
    contact_id: null,
    data,
  } as unknown as DurableEvent;
}

export function listOf(
  conversations: Conversation[],
  { more = false, total = conversations.length } = {},
): ListPages {
  const page = {
    data: conversations,
    next_cursor: more ? "next" : null,
    seq: 1,
    total,
    total_capped: false,
  };
  return { pages: [page], pageParams: [null] };
}

export function timelineOf(messages: Message[], newer: string | null = null): TimelinePages {
  const data = messages.map((message) => ({ type: "message" as const, message }));
  return { pages: [{ data, next_cursor: null, newer_cursor: newer }], pageParams: [null] };
}

export function aDelivery(status: Delivery["status"]): Delivery {
  return {
    status,
    reason: null,
    code: null,
    attempts: 1,
    next_attempt_at: null,
    updated_at: start,
  };
}
