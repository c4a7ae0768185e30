/** The shapes the server speaks. They follow the HTTP API word for word. */

export type Role = "admin" | "supervisor" | "user" | "read_only";
export type Channel =
  | "email"
  | "sms"
  | "whatsapp"
  | "chat"
  | "voice"
  | "messenger"
  | "facebook_post"
  | "linkedin"
  | "internal"
  | "api";
export type Status = "open" | "waiting" | "pending" | "solved" | "closed";
export type Lifecycle = "open" | "automated" | "closed";
export type Priority = "low" | "normal" | "high" | "urgent";
export type Permission =
  | "conversation.read"
  | "conversation.reply"
  | "conversation.note"
  | "conversation.assign"
  | "conversation.reassign"
  | "conversation.close"
  | "conversation.edit"
  | "contact.read"
  | "contact.edit"
  | "channel_account.read"
  | "channel_account.manage"
  | "user.read"
  | "user.manage"
  | "token.manage_own"
  | "token.manage_all"
  | "workspace.manage";

export interface WorkspaceSettings {
  conversation_scope: "contact" | "contact_and_sender";
  email_undo_seconds: number;
  manual_assignment: boolean;
}
export interface Workspace {
  id: string;
  name: string;
  settings: WorkspaceSettings;
}
export interface User {
  id: string;
  name: string;
  email?: string | null;
  role: Role;
  active: boolean;
  created_at: string;
  last_seen_at: string | null;
  online: boolean;
}
export interface Me {
  user: User;
  workspace: Workspace;
  permissions: Permission[];
  auth: "session" | "token";
  scopes?: string[];
}
export interface PersonReference {
  id: string;
  name: string;
}
export type AddressKind = "email" | "phone" | "visitor" | "external";
export interface Address {
  id: string;
  kind: AddressKind;
  value: string;
  verified: boolean;
  created_at: string;
}
export interface Contact {
  id: string;
  display_name: string;
  known: boolean;
  email: string | null;
  phone: string | null;
  company: string | null;
  city: string | null;
  country: string | null;
  language: string | null;
  external_id: string | null;
  ai_paused: boolean;
  addresses: Address[];
  created_at: string;
  updated_at: string;
  version: number;
}
export type DeliveryStatus =
  | "queued"
  | "sending"
  | "sent"
  | "delivered"
  | "read"
  | "failed"
  | "bounced"
  | "unknown"
  | "cancelled";
export type Direction = "inbound" | "outbound" | "none";
export type AuthorKind = "contact" | "user" | "agent" | "campaign" | "sequence" | "system" | "api";
export interface LastMessage {
  id: string;
  kind: "message" | "note";
  direction: Direction;
  author_kind: AuthorKind;
  author_name: string;
  preview: string;
  channel: Channel;
  sent_at: string;
  delivery_status: DeliveryStatus | null;
}
export interface ConversationReference {
  id: string;
  number: number;
}
export interface Conversation {
  id: string;
  number: number;
  status: Status;
  lifecycle: Lifecycle;
  channel: Channel;
  channels: Channel[];
  origin: string;
  test: boolean;
  topic: string;
  subject: string | null;
  priority: Priority;
  contact: { id: string; display_name: string; known: boolean; company: string | null } | null;
  assignee: PersonReference | null;
  requires_action: string | null;
  channel_account_id: string | null;
  inbound_count: number;
  unread_count: number;
  last_message: LastMessage | null;
  draft: { preview: string; updated_at: string } | null;
  last_activity_at: string;
  waiting_since: string | null;
  created_at: string;
  updated_at: string;
  closed_at: string | null;
  closed_by: PersonReference | null;
  follow_up_of: ConversationReference | null;
  version: number;
}
export interface ReplyOption {
  channel: Channel;
  channel_account_id: string;
  channel_account_name: string;
  from: string;
  address_id: string;
  to: string;
  state: "ok" | "blocked" | "no_address" | "inactive";
  reason: string | null;
  rich_text: boolean;
  max_length: number | null;
  attachments: { max_bytes: number; max_count: number };
}
export interface Recipient {
  name: string | null;
  address: string;
}
export interface Viewer {
  user: PersonReference;
  state: "viewing" | "idle" | "typing";
  mode: "reply" | "note" | null;
  expires_at: string;
}
export interface ConversationLink {
  id: string;
  kind: "follow_up" | "linked";
  direction: "parent" | "child";
  conversation: {
    id: string;
    number: number;
    status: Status;
    topic: string;
    channel: Channel;
    created_at: string;
  };
}
export interface ConversationDetail extends Conversation {
  contact_detail: Contact | null;
  links: ConversationLink[];
  reply_options: ReplyOption[];
  email_reply: {
    to: Recipient[];
    cc: Recipient[];
    subject: string;
    signature_html: string | null;
  } | null;
  viewers: Viewer[];
  seq: number;
}
export interface Attachment {
  id: string;
  file_name: string;
  media_type: string;
  size_bytes: number;
  inline: boolean;
  url: string;
  preview_url: string | null;
}
export interface Delivery {
  status: DeliveryStatus;
  reason: string | null;
  code: string | null;
  attempts: number;
  next_attempt_at: string | null;
  updated_at: string;
}
export interface Message {
  id: string;
  conversation_id: string;
  kind: "message" | "note";
  direction: Direction;
  channel: Channel;
  channel_account_id: string | null;
  author: { kind: AuthorKind; id: string | null; name: string };
  subject: string | null;
  body_text: string;
  visible_text: string;
  has_quote: boolean;
  body_html: string | null;
  has_remote_images: boolean;
  truncated: boolean;
  from: Recipient | null;
  to: Recipient[];
  cc: Recipient[];
  bcc: Recipient[];
  attachments: Attachment[];
  delivery: Delivery | null;
  automatic: boolean;
  warnings: string[];
  ai_generated: boolean;
  ai_drafted: boolean;
  client_id: string | null;
  email_message_id: string | null;
  held_until: string | null;
  sent_at: string;
  created_at: string;
  version: number;
}
export interface Actor {
  kind: AuthorKind;
  id: string | null;
  name: string;
}
export interface Activity {
  seq: number;
  name: string;
  actor: Actor;
  occurred_at: string;
  data: Record<string, unknown>;
}
export type TimelineItem =
  | { type: "message"; message: Message }
  | { type: "activity"; activity: Activity };

export interface EmailConfig {
  address: string;
  additional_addresses: string[];
  display_name: string;
  signature_html: string;
  inbound: {
    kind: "listener" | "imap" | "http";
    host?: string;
    port?: number;
    tls?: TlsMode;
    username?: string;
    mailbox?: string;
    after_fetch?: "keep" | "seen";
  };
  outbound: {
    kind: "smtp" | "none";
    host?: string;
    port?: number;
    tls?: TlsMode;
    username?: string;
  };
  thread_scope: "workspace" | "per_thread";
}
export type TlsMode = "implicit" | "starttls" | "none";
export interface PreChatField {
  name: string;
  label: string;
  required: boolean;
  type: "text" | "email" | "choice";
  choices?: string[];
}
export interface ChatConfig {
  site_name: string;
  greeting: string;
  accent_color: string;
  allowed_origins: string[];
  pre_chat_fields: PreChatField[];
  require_identity: boolean;
  offline_message: string;
  launcher_position: "end" | "start";
  reply_email_account_id: string | null;
}
export type ApiConfig = Record<string, never>;
export interface ChannelAccount {
  id: string;
  channel: Channel;
  name: string;
  active: boolean;
  address: string | null;
  config: Record<string, unknown>;
  secrets_set: string[];
  widget_key?: string | null;
  /** Present once, in the answer that created or rotated it. */
  identity_secret?: string | null;
  health: {
    last_inbound_at: string | null;
    last_outbound_at: string | null;
    last_error: string | null;
    last_error_at: string | null;
    state: "ok" | "never_received" | "error" | "inactive";
  };
  created_at: string;
  version: number;
}
export interface ConnectionCheck {
  name: string;
  ok: boolean;
  detail: string;
  remedy: string | null;
}
export interface ApiToken {
  id: string;
  name: string;
  prefix: string;
  scopes: string[];
  user: PersonReference;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
  token?: string;
}
export interface Invitation {
  id: string;
  email: string;
  role: Role;
  invited_by: PersonReference;
  created_at: string;
  expires_at: string;
  accepted_at: string | null;
  url?: string;
}
export interface Draft {
  body_html: string | null;
  body_text: string;
  subject: string | null;
  to: Recipient[];
  cc: Recipient[];
  bcc: Recipient[];
  attachment_ids: string[];
  channel_account_id: string | null;
  updated_at: string;
  version: number;
}
export type DraftMode = "reply" | "note";
export interface Job {
  id: string;
  kind: string;
  attempts: number;
  last_error: string | null;
  /** When it was tried last. */
  run_at: string;
}
export interface SearchResult {
  type: "message" | "conversation" | "contact";
  conversation?: Conversation | null;
  contact?: Contact | null;
  message_id?: string | null;
  /** Matches stand between U+0001 and U+0002. */
  snippet: string;
  at: string;
}
export type ViewName = "mine" | "unassigned" | "all" | "drafts" | "automated" | "requires_action";
export interface ConversationCounts {
  views: Record<ViewName, number>;
  /** Unread conversations by channel. */
  channels: Partial<Record<Channel, number>>;
  unread_mine: number;
  cap: number;
  seq: number;
}
export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}
export interface ConversationPage extends Page<Conversation> {
  seq: number;
  total: number;
  total_capped: boolean;
}
export type ConversationSort = "last_activity" | "oldest_unanswered" | "created" | "priority";
export interface ConversationQuery {
  status?: string;
  lifecycle?: Lifecycle;
  channel?: string;
  assignee?: string;
  unread?: boolean;
  requires_action?: boolean;
  has_draft?: boolean;
  contact_id?: string;
  priority?: string;
  q?: string;
  sort?: ConversationSort;
  limit?: number;
  cursor?: string;
}
export interface FieldError {
  field: string;
  code: string;
  message: string;
}
export interface Problem {
  type?: string;
  title: string;
  status: number;
  code: string;
  detail?: string | null;
  request_id?: string | null;
  permission?: Permission;
  errors?: FieldError[];
  current?: unknown;
}
