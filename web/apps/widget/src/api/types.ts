// The wire format of the widget API, as the server documents it.

export interface PreChatField {
  name: string;
  label: string;
  required: boolean;
  type: "text" | "email" | "choice";
  choices?: string[];
}

export interface Config {
  site_name: string;
  greeting: string;
  accent_color: string;
  launcher_position: "start" | "end";
  pre_chat_fields: PreChatField[];
  require_identity: boolean;
  offline_message: string;
  agents_online: boolean;
  attachments: { max_bytes: number; max_count: number };
  max_message_length: number;
}

export interface Visitor {
  id: string;
  name: string | null;
  email: string | null;
  verified: boolean;
  pre_chat_done: boolean;
}

export interface Conversation {
  id: string;
  status: "open" | "closed";
  assignee: { name: string } | null;
}

export interface Attachment {
  id: string;
  file_name: string;
  media_type: string;
  size_bytes: number;
  url: string;
  preview_url: string | null;
}

export interface Author {
  kind: "visitor" | "teammate" | "assistant" | "system";
  name: string;
}

export interface Message {
  id: string;
  client_id: string | null;
  author: Author;
  body_text: string;
  attachments: Attachment[];
  sent_at: string;
}

export interface Session {
  token: string;
  visitor: Visitor;
  conversation: Conversation | null;
  messages: Message[];
  has_more: boolean;
  cursor: string;
  unread_count: number;
  seen_message_id: string | null;
  agents_online: boolean;
}

export interface Sent {
  message: Message;
  conversation: Conversation;
  visitor?: Visitor;
}

/** One frame of the event stream, by name. */
export interface StreamEvents {
  hello: { cursor: string; agents_online: boolean };
  message: { message: Message; conversation: Conversation };
  conversation: { conversation: Conversation };
  seen: { message_id: string };
  read: { unread_count: number };
  typing: { author: Author; active: boolean };
  presence: { agents_online: boolean };
  resync_required: Record<string, never>;
  session_ended: { code: string };
}
export type StreamEvent = {
  [Name in keyof StreamEvents]: { name: Name; data: StreamEvents[Name] };
}[keyof StreamEvents];
