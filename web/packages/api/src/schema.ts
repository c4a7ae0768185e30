/**
 * The routes of the server in the form `openapi-fetch` expects.
 * A file generated from the OpenAPI document exports the same name `paths` and can take this one's place.
 */
import type {
  ApiToken,
  Attachment,
  ChannelAccount,
  ConnectionCheck,
  Contact,
  Conversation,
  ConversationCounts,
  ConversationDetail,
  ConversationPage,
  ConversationQuery,
  Draft,
  Invitation,
  Job,
  Me,
  Message,
  Page,
  Priority,
  Problem,
  Recipient,
  Role,
  SearchResult,
  Status,
  TimelineItem,
  User,
  Workspace,
  WorkspaceSettings,
} from "./types";

interface Parts {
  path?: Record<string, string>;
  query?: object;
  body?: unknown;
  ok?: unknown;
}
type Operation<P extends Parts> = {
  parameters: (P extends { path: infer Path } ? { path: Path } : { path?: never }) &
    (P extends { query: infer Query } ? { query?: Query } : { query?: never });
  responses: {
    200: P extends { ok: infer Ok }
      ? { content: { "application/json": Ok } }
      : { content?: undefined };
    default: { content: { "application/problem+json": Problem } };
  };
} & (P extends { body: infer Body }
  ? { requestBody: { content: { "application/json": Body } } }
  : { requestBody?: never });
type Id = { id: string };
type Listing = { limit?: number; cursor?: string };

export interface SendBody {
  body_text?: string;
  body_html?: string;
  channel_account_id?: string;
  address_id?: string;
  subject?: string;
  to?: Recipient[];
  cc?: Recipient[];
  bcc?: Recipient[];
  attachment_ids?: string[];
  client_id?: string;
  hold_seconds?: number;
  seen_message_id?: string;
  then?: "close" | "solve" | "wait";
  assign_to_me?: boolean;
}
export interface NoteBody {
  body_text: string;
  body_html?: string;
  attachment_ids?: string[];
  client_id?: string;
}
export interface StartConversationBody {
  contact_id?: string;
  to?: { kind: "email" | "phone" | "visitor" | "external"; value: string; name?: string };
  channel: string;
  channel_account_id: string;
  subject?: string;
  topic?: string;
  priority?: Priority;
  status?: Status;
  assignee_user_id?: string;
  message?: {
    body_text: string;
    body_html?: string;
    attachment_ids?: string[];
    cc?: Recipient[];
    bcc?: Recipient[];
    client_id?: string;
  };
}
export interface ConversationChange {
  status?: Status;
  priority?: Priority;
  topic?: string;
  subject?: string;
  requires_action?: string | null;
  expected_version?: number;
}
export interface ContactChange {
  display_name?: string;
  company?: string | null;
  city?: string | null;
  country?: string | null;
  language?: string | null;
}
export interface ChannelAccountBody {
  channel?: "email" | "chat" | "api";
  name?: string;
  active?: boolean;
  config?: object;
  secrets?: Record<string, string>;
}
export type DraftBody = Omit<Draft, "updated_at" | "version"> & { version?: number };

export interface paths {
  "/api/v1/setup": {
    get: Operation<{ ok: { required: boolean; setup_code_required?: boolean } }>;
    post: Operation<{
      body: {
        workspace_name: string;
        name: string;
        email: string;
        password: string;
        setup_code?: string;
      };
      ok: Me;
    }>;
  };
  "/api/v1/auth/login": {
    post: Operation<{ body: { email: string; password: string; workspace?: string }; ok: Me }>;
  };
  "/api/v1/auth/logout": { post: Operation<object> };
  "/api/v1/auth/password": {
    post: Operation<{ body: { current_password: string; new_password: string } }>;
  };
  "/api/v1/invitations/accept/{token}": {
    get: Operation<{
      path: { token: string };
      ok: { email: string; role: Role; workspace_name: string };
    }>;
    post: Operation<{ path: { token: string }; body: { name: string; password: string }; ok: Me }>;
  };
  "/api/v1/me": {
    get: Operation<{ ok: Me }>;
    patch: Operation<{ body: { name: string }; ok: Me }>;
  };
  "/api/v1/workspace": {
    patch: Operation<{
      body: { name?: string; settings?: Partial<WorkspaceSettings> };
      ok: Workspace;
    }>;
  };
  "/api/v1/users": { get: Operation<{ query: Listing; ok: Page<User> }> };
  "/api/v1/users/{id}": {
    patch: Operation<{
      path: Id;
      body: { role?: Role; active?: boolean; name?: string };
      ok: User;
    }>;
  };
  "/api/v1/invitations": {
    get: Operation<{ query: Listing; ok: Page<Invitation> }>;
    post: Operation<{ body: { email: string; role: Role }; ok: Invitation }>;
  };
  "/api/v1/invitations/{id}": { delete: Operation<{ path: Id }> };
  "/api/v1/tokens": {
    get: Operation<{ query: Listing; ok: Page<ApiToken> }>;
    post: Operation<{
      body: { name: string; scopes?: string[]; expires_at?: string };
      ok: ApiToken;
    }>;
  };
  "/api/v1/tokens/{id}": { delete: Operation<{ path: Id }> };
  "/api/v1/contacts": {
    get: Operation<{ query: Listing & { q?: string }; ok: Page<Contact> }>;
    post: Operation<{
      body: {
        display_name?: string;
        addresses: { kind: string; value: string }[];
        company?: string;
      };
      ok: Contact;
    }>;
  };
  "/api/v1/contacts/{id}": {
    get: Operation<{ path: Id; ok: Contact }>;
    patch: Operation<{ path: Id; body: ContactChange; ok: Contact }>;
  };
  "/api/v1/contacts/{id}/addresses": {
    post: Operation<{ path: Id; body: { kind: string; value: string }; ok: Contact }>;
  };
  "/api/v1/contacts/{id}/conversations": {
    get: Operation<{ path: Id; query: Listing; ok: Page<Conversation> }>;
  };
  "/api/v1/conversations": {
    get: Operation<{ query: ConversationQuery; ok: ConversationPage }>;
    post: Operation<{ body: StartConversationBody; ok: Conversation }>;
  };
  "/api/v1/conversation-counts": { get: Operation<{ ok: ConversationCounts }> };
  "/api/v1/conversations/{id}": {
    get: Operation<{ path: Id; ok: ConversationDetail }>;
    patch: Operation<{ path: Id; body: ConversationChange; ok: Conversation }>;
  };
  "/api/v1/conversations/{id}/timeline": {
    get: Operation<{ path: Id; query: Listing; ok: Page<TimelineItem> }>;
  };
  "/api/v1/conversations/{id}/messages": {
    post: Operation<{ path: Id; body: SendBody; ok: Message }>;
  };
  "/api/v1/conversations/{id}/messages/{mid}": {
    get: Operation<{
      path: { id: string; mid: string };
      query: { remote_images?: boolean };
      ok: Message;
    }>;
  };
  "/api/v1/conversations/{id}/messages/{mid}/cancel": {
    post: Operation<{ path: { id: string; mid: string }; ok: Message }>;
  };
  "/api/v1/conversations/{id}/messages/{mid}/retry": {
    post: Operation<{ path: { id: string; mid: string }; ok: Message }>;
  };
  "/api/v1/conversations/{id}/notes": {
    post: Operation<{ path: Id; body: NoteBody; ok: Message }>;
  };
  "/api/v1/conversations/{id}/assign": {
    post: Operation<{
      path: Id;
      body: {
        user_id: string | null;
        expected_assignee_id?: string | null;
        expected_version?: number;
      };
      ok: Conversation;
    }>;
  };
  "/api/v1/conversations/{id}/close": {
    post: Operation<{ path: Id; body: object; ok: Conversation }>;
  };
  "/api/v1/conversations/{id}/undo-close": {
    post: Operation<{ path: Id; body: object; ok: Conversation }>;
  };
  "/api/v1/conversations/{id}/follow-up": {
    post: Operation<{ path: Id; body: object; ok: Conversation }>;
  };
  "/api/v1/conversations/{id}/read": {
    post: Operation<{ path: Id; body: object; ok: { unread_count: number } }>;
  };
  "/api/v1/conversations/{id}/unread": {
    post: Operation<{ path: Id; body: object; ok: { unread_count: number } }>;
  };
  "/api/v1/conversations/{id}/presence": {
    post: Operation<{
      path: Id;
      body: { state: "viewing" | "idle" | "typing" | "left"; mode?: "reply" | "note" };
    }>;
  };
  "/api/v1/conversations/{id}/drafts/{mode}": {
    get: Operation<{ path: { id: string; mode: string }; ok: Draft }>;
    put: Operation<{ path: { id: string; mode: string }; body: DraftBody; ok: Draft }>;
    delete: Operation<{ path: { id: string; mode: string } }>;
  };
  "/api/v1/attachments": { post: Operation<{ body: FormData; ok: Attachment }> };
  "/api/v1/channel-accounts": {
    get: Operation<{ query: Listing; ok: Page<ChannelAccount> }>;
    post: Operation<{ body: ChannelAccountBody; ok: ChannelAccount }>;
  };
  "/api/v1/channel-accounts/{id}": {
    get: Operation<{ path: Id; ok: ChannelAccount }>;
    patch: Operation<{ path: Id; body: ChannelAccountBody; ok: ChannelAccount }>;
    delete: Operation<{ path: Id }>;
  };
  "/api/v1/channel-accounts/{id}/test": {
    post: Operation<{ path: Id; body: object; ok: { checks: ConnectionCheck[] } }>;
  };
  "/api/v1/channel-accounts/{id}/rotate-secret": {
    post: Operation<{ path: Id; body: object; ok: { identity_secret: string } }>;
  };
  "/api/v1/search": {
    get: Operation<{
      query: Listing & { q: string; type?: string };
      ok: Page<SearchResult>;
    }>;
  };
  "/api/v1/jobs": { get: Operation<{ query: Listing & { state?: string }; ok: Page<Job> }> };
  "/api/v1/jobs/{id}/replay": { post: Operation<{ path: Id; body: object; ok: Job }> };
}
