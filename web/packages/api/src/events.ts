/** Everything the event stream may carry, as one union the cache writer switches over. */
import type {
  Actor,
  ChannelAccount,
  Contact,
  Conversation,
  Delivery,
  Draft,
  DraftMode,
  Message,
  PersonReference,
  Priority,
  Status,
  User,
  Viewer,
} from "./types";

interface Envelope<Name extends string, Data> {
  seq: number;
  name: Name;
  version: 1;
  occurred_at: string;
  actor: Actor;
  conversation_id: string | null;
  contact_id: string | null;
  data: Data;
}
/** Events go to everyone alike, so what belongs to one reader is left out of them. */
export type SharedConversation = Omit<Conversation, "unread_count" | "draft"> &
  Partial<Pick<Conversation, "unread_count" | "draft">>;
type ConversationEvent<Name extends string, Extra = object> = Envelope<
  Name,
  { conversation: SharedConversation } & Extra
>;

export type DurableEvent =
  | ConversationEvent<"conversation.created", { origin: string }>
  | ConversationEvent<
      "conversation.assigned",
      { assignee: PersonReference; previous: PersonReference | null }
    >
  | ConversationEvent<"conversation.unassigned", { previous: PersonReference | null }>
  | ConversationEvent<
      "conversation.status_changed",
      { from: Status; to: Status; reason: "manual" | "inbound" | "send" }
    >
  | ConversationEvent<"conversation.closed">
  | ConversationEvent<"conversation.reopened", { from: Status; by_message_id: string | null }>
  | ConversationEvent<"conversation.priority_changed", { from: Priority; to: Priority }>
  | ConversationEvent<"conversation.topic_changed", { from: string; to: string }>
  | ConversationEvent<"conversation.subject_changed">
  | ConversationEvent<"conversation.requires_action_changed", { reason: string | null }>
  | ConversationEvent<
      "conversation.linked",
      { link_kind: string; other: { id: string; number: number } }
    >
  | ConversationEvent<"conversation.channel_changed">
  | ConversationEvent<"message.received", { message: Message }>
  | ConversationEvent<"message.queued", { message: Message }>
  | ConversationEvent<"message.delivery_changed", { message_id: string; delivery: Delivery }>
  | ConversationEvent<"message.cancelled", { message_id: string }>
  | ConversationEvent<"note.added", { message: Message }>
  | Envelope<"contact.created", { contact: Contact }>
  | Envelope<"contact.updated", { contact: Contact }>
  | Envelope<"channel_account.created", { channel_account: ChannelAccount }>
  | Envelope<"channel_account.updated", { channel_account: ChannelAccount }>
  | Envelope<"channel_account.deleted", { channel_account: ChannelAccount }>
  | Envelope<"channel_account.failed", { channel_account: ChannelAccount }>
  | Envelope<"channel_account.recovered", { channel_account: ChannelAccount }>
  | Envelope<"user.created", { user: User }>
  | Envelope<"user.updated", { user: User }>
  | Envelope<"workspace.updated", object>
  | Envelope<"conversation.read", { conversation_id?: string; unread_count: number }>
  | Envelope<"draft.saved", { mode: DraftMode; draft: Draft }>
  | Envelope<"draft.deleted", { mode: DraftMode; draft?: Draft | null }>;

export type EphemeralEvent =
  | {
      name: "presence.changed";
      data: {
        conversation_id: string;
        viewer: Viewer | { user: PersonReference; state: "left" };
      };
    }
  | { name: "contact.typing"; data: { conversation_id: string; until: string } }
  | { name: "user.online"; data: { user_id: string; online: boolean } };

export type ServerEvent = DurableEvent | EphemeralEvent;
export type EventName = ServerEvent["name"];

export function isDurable(event: ServerEvent): event is DurableEvent {
  return "seq" in event && typeof event.seq === "number";
}
