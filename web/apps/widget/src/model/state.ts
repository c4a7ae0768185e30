// Everything the screen shows, and the pure function that changes it.
import type {
  Attachment,
  Author,
  Config,
  Conversation,
  Message,
  Sent,
  Session,
  Visitor,
} from "../api/types";

/** A message that the server has not confirmed yet. */
export interface Pending {
  clientId: string;
  text: string;
  attachments: Attachment[];
  createdAt: number;
  /** Set when nobody is there and the answer should go out by e-mail. */
  offline?: { email: string; name: string };
  /** `waiting`: no connection, goes out by itself. `failed`: somebody must decide. */
  status: "sending" | "waiting" | "failed";
  code?: string;
  /** Epoch milliseconds before which a retry would be refused again. */
  retryAt?: number;
}

export interface Upload {
  id: string;
  fileName: string;
  size: number;
  fraction: number;
  attachment?: Attachment;
  /** Why it failed. */
  code?: string;
}

export interface State {
  phase: "starting" | "ready" | "blocked" | "failed";
  /** Why the phase is `blocked`. */
  blockedBy: string;
  open: boolean;
  /** Grows when the visitor is forgotten, so that forms start empty. */
  generation: number;
  config: Config | null;
  visitor: Visitor | null;
  conversation: Conversation | null;
  messages: Message[];
  pending: Pending[];
  uploads: Upload[];
  hasMore: boolean;
  loadingOlder: boolean;
  unread: number;
  seenMessageId: string | null;
  agentsOnline: boolean;
  typing: Author | null;
  /** False only while a connection that should exist does not. */
  connected: boolean;
}

export const initialState: State = {
  phase: "starting",
  blockedBy: "",
  open: false,
  generation: 0,
  config: null,
  visitor: null,
  conversation: null,
  messages: [],
  pending: [],
  uploads: [],
  hasMore: false,
  loadingOlder: false,
  unread: 0,
  seenMessageId: null,
  agentsOnline: false,
  typing: null,
  connected: true,
};

export type Change =
  | { type: "patch"; patch: Partial<State> }
  | { type: "session"; session: Session }
  | { type: "forget" }
  | { type: "older"; messages: Message[]; hasMore: boolean }
  | { type: "sent"; sent: Sent }
  | { type: "message"; message: Message; conversation: Conversation; visible: boolean }
  | { type: "typing"; author: Author; active: boolean }
  | { type: "queue"; pending: Pending }
  | { type: "pending"; clientId: string; patch: Partial<Pending> }
  | { type: "discard"; clientId: string }
  | { type: "upload"; id: string; patch: Partial<Upload> }
  | { type: "dropUploads"; ids: string[] };

export function reduce(state: State, change: Change): State {
  switch (change.type) {
    case "patch":
      return { ...state, ...change.patch };
    case "session": {
      const { session } = change;
      return {
        ...state,
        phase: "ready",
        visitor: session.visitor,
        conversation: session.conversation,
        messages: insert([], session.messages),
        pending: unconfirmed(state.pending, session.messages),
        hasMore: session.has_more,
        unread: session.unread_count,
        seenMessageId: session.seen_message_id,
        agentsOnline: session.agents_online,
        typing: null,
      };
    }
    case "forget":
      return {
        ...initialState,
        phase: "ready",
        open: state.open,
        generation: state.generation + 1,
        config: state.config,
        agentsOnline: state.agentsOnline,
      };
    case "older":
      return {
        ...state,
        messages: insert(state.messages, change.messages),
        hasMore: change.hasMore,
        loadingOlder: false,
      };
    case "sent":
      return {
        ...state,
        messages: insert(state.messages, [change.sent.message]),
        pending: unconfirmed(state.pending, [change.sent.message]),
        conversation: change.sent.conversation,
        visitor: change.sent.visitor ?? state.visitor,
      };
    case "message":
      return arrive(state, change.message, change.conversation, change.visible);
    case "typing":
      return { ...state, typing: change.active ? change.author : null };
    case "queue":
      return { ...state, pending: [...state.pending, change.pending] };
    case "pending":
      return {
        ...state,
        pending: state.pending.map((item) =>
          item.clientId === change.clientId ? { ...item, ...change.patch } : item,
        ),
      };
    case "discard":
      return {
        ...state,
        pending: state.pending.filter((item) => item.clientId !== change.clientId),
      };
    case "upload":
      return { ...state, uploads: changeUpload(state.uploads, change.id, change.patch) };
    case "dropUploads":
      return { ...state, uploads: state.uploads.filter(({ id }) => !change.ids.includes(id)) };
  }
}

function arrive(
  state: State,
  message: Message,
  conversation: Conversation,
  visible: boolean,
): State {
  const known = state.messages.some(({ id }) => id === message.id);
  const counts = !known && !visible && isIncoming(message);
  return {
    ...state,
    conversation,
    messages: insert(state.messages, [message]),
    pending: unconfirmed(state.pending, [message]),
    unread: state.unread + (counts ? 1 : 0),
    typing: isIncoming(message) ? null : state.typing,
  };
}

export const isIncoming = (message: Message): boolean =>
  message.author.kind === "teammate" || message.author.kind === "assistant";

/** Ids sort by time within one server; the time comes first because several may create them. */
const inOrder = (a: Message, b: Message) =>
  a.sent_at < b.sent_at ? -1 : a.sent_at > b.sent_at ? 1 : a.id < b.id ? -1 : 1;

/** Adds messages once each; a second copy replaces the first. */
export function insert(present: Message[], added: Message[]): Message[] {
  const ids = new Set(added.map(({ id }) => id));
  return [...present.filter(({ id }) => !ids.has(id)), ...added].sort(inOrder);
}

function unconfirmed(pending: Pending[], confirmed: Message[]): Pending[] {
  const ids = new Set(confirmed.map((message) => message.client_id));
  return pending.some(({ clientId }) => ids.has(clientId))
    ? pending.filter(({ clientId }) => !ids.has(clientId))
    : pending;
}

function changeUpload(uploads: Upload[], id: string, patch: Partial<Upload>): Upload[] {
  if (uploads.some((upload) => upload.id === id)) {
    return uploads.map((upload) => (upload.id === id ? { ...upload, ...patch } : upload));
  }
  // A late progress report must not bring a removed file back: only a first report has a name.
  return patch.fileName === undefined
    ? uploads
    : [...uploads, { id, fileName: "", size: 0, fraction: 0, ...patch }];
}

export type Footer = "preChat" | "offline" | "composer";

/** What the visitor can do now, below the messages. */
export function footerFor(state: State): Footer {
  const { config, visitor } = state;
  if (!config) {
    return "composer";
  }
  if (!state.agentsOnline && !visitor?.email) {
    return "offline";
  }
  if (visitor?.pre_chat_done || config.pre_chat_fields.length === 0) {
    return "composer";
  }
  // Whoever has written already, such as while nobody was here, is asked only for what has to be known.
  const known = { name: visitor?.name, email: visitor?.email } as Record<string, unknown>;
  const missing = config.pre_chat_fields.some(({ name, required }) => required && !known[name]);
  return missing || !state.conversation ? "preChat" : "composer";
}
