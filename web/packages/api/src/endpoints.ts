/** One function per route, named after what it does. Screens call these and never see the transport. */
import { answer, client } from "./client";
import type {
  AcceptanceBody,
  AccountBody,
  AddressBody,
  AssignmentBody,
  ContactBody,
  ConversationBody,
  DraftBody,
  DraftMode,
  InvitationBody,
  LogInBody,
  MessageBody,
  NewAccountBody,
  NewConversationBody,
  NoteBody,
  operations,
  PasswordBody,
  PresenceBody,
  SetUpBody,
  TokenBody,
  UserBody,
  WorkspaceBody,
} from "./generated/schema";
import type { ConversationQuery } from "./types";

const once = (key: string | null | undefined) => (key ? { "Idempotency-Key": key } : {});
const byId = (id: string) => ({ params: { path: { id } } });
const acted = (id: string) => ({ params: { path: { id } }, body: {} });
const everything = { params: { query: { limit: 100 } } };

export const api = {
  setupState: () => answer(client.GET("/api/v1/setup")),
  setUp: (body: SetUpBody) => answer(client.POST("/api/v1/setup", { body })),
  logIn: (body: LogInBody) => answer(client.POST("/api/v1/auth/login", { body })),
  logOut: () => answer(client.POST("/api/v1/auth/logout")),
  changePassword: (body: PasswordBody) => answer(client.POST("/api/v1/auth/password", { body })),
  invitationByToken: (token: string) =>
    answer(client.GET("/api/v1/invitations/accept/{token}", { params: { path: { token } } })),
  acceptInvitation: (token: string, body: AcceptanceBody) =>
    answer(
      client.POST("/api/v1/invitations/accept/{token}", { params: { path: { token } }, body }),
    ),

  me: () => answer(client.GET("/api/v1/me")),
  renameMe: (name: string) => answer(client.PATCH("/api/v1/me", { body: { name } })),
  changeWorkspace: (body: WorkspaceBody) => answer(client.PATCH("/api/v1/workspace", { body })),

  users: () => answer(client.GET("/api/v1/users", everything)),
  changeUser: (id: string, body: UserBody) =>
    answer(client.PATCH("/api/v1/users/{id}", { ...byId(id), body })),
  invitations: () => answer(client.GET("/api/v1/invitations", everything)),
  invite: (body: InvitationBody) => answer(client.POST("/api/v1/invitations", { body })),
  withdrawInvitation: (id: string) => answer(client.DELETE("/api/v1/invitations/{id}", byId(id))),
  tokens: () => answer(client.GET("/api/v1/tokens", everything)),
  createToken: (body: TokenBody) => answer(client.POST("/api/v1/tokens", { body })),
  revokeToken: (id: string) => answer(client.DELETE("/api/v1/tokens/{id}", byId(id))),

  contacts: (query: { q?: string; cursor?: string; limit?: number }, signal?: AbortSignal) =>
    answer(client.GET("/api/v1/contacts", { params: { query }, signal })),
  contact: (id: string) => answer(client.GET("/api/v1/contacts/{id}", byId(id))),
  changeContact: (id: string, body: ContactBody) =>
    answer(client.PATCH("/api/v1/contacts/{id}", { ...byId(id), body })),
  addAddress: (id: string, body: AddressBody) =>
    answer(client.POST("/api/v1/contacts/{id}/addresses", { ...byId(id), body })),
  contactConversations: (id: string) =>
    answer(
      client.GET("/api/v1/contacts/{id}/conversations", {
        params: { path: { id }, query: { limit: 50 } },
      }),
    ),

  conversations: (query: ConversationQuery, signal?: AbortSignal) =>
    answer(client.GET("/api/v1/conversations", { params: { query }, signal })),
  counts: () => answer(client.GET("/api/v1/conversation-counts")),
  startConversation: (body: NewConversationBody, key?: string) =>
    answer(client.POST("/api/v1/conversations", { body, headers: once(key) })),
  conversation: (id: string, signal?: AbortSignal) =>
    answer(client.GET("/api/v1/conversations/{id}", { ...byId(id), signal })),
  changeConversation: (id: string, body: ConversationBody) =>
    answer(client.PATCH("/api/v1/conversations/{id}", { ...byId(id), body })),
  timeline: (
    id: string,
    query: { cursor?: string; around?: string; limit?: number },
    signal?: AbortSignal,
  ) =>
    answer(
      client.GET("/api/v1/conversations/{id}/timeline", {
        params: { path: { id }, query },
        signal,
      }),
    ),
  send: (id: string, body: MessageBody) =>
    answer(
      client.POST("/api/v1/conversations/{id}/messages", {
        ...byId(id),
        body,
        headers: once(body.client_id),
      }),
    ),
  addNote: (id: string, body: NoteBody) =>
    answer(
      client.POST("/api/v1/conversations/{id}/notes", {
        ...byId(id),
        body,
        headers: once(body.client_id),
      }),
    ),
  message: (id: string, mid: string, remoteImages: boolean) =>
    answer(
      client.GET("/api/v1/conversations/{id}/messages/{message_id}", {
        params: {
          path: { id, message_id: mid },
          query: remoteImages ? { remote_images: true } : {},
        },
      }),
    ),
  cancelMessage: (id: string, mid: string) =>
    answer(
      client.POST("/api/v1/conversations/{id}/messages/{message_id}/cancel", {
        params: { path: { id, message_id: mid } },
      }),
    ),
  retryMessage: (id: string, mid: string) =>
    answer(
      client.POST("/api/v1/conversations/{id}/messages/{message_id}/retry", {
        params: { path: { id, message_id: mid } },
      }),
    ),
  assign: (id: string, body: AssignmentBody) =>
    answer(client.POST("/api/v1/conversations/{id}/assign", { ...byId(id), body })),
  close: (id: string) => answer(client.POST("/api/v1/conversations/{id}/close", acted(id))),
  undoClose: (id: string) =>
    answer(client.POST("/api/v1/conversations/{id}/undo-close", acted(id))),
  followUp: (id: string) => answer(client.POST("/api/v1/conversations/{id}/follow-up", acted(id))),
  markRead: (id: string) => answer(client.POST("/api/v1/conversations/{id}/read", acted(id))),
  markUnread: (id: string) => answer(client.POST("/api/v1/conversations/{id}/unread", acted(id))),
  presence: (id: string, body: PresenceBody) =>
    answer(client.POST("/api/v1/conversations/{id}/presence", { ...byId(id), body })),
  draft: (id: string, mode: DraftMode) =>
    answer(
      client.GET("/api/v1/conversations/{id}/drafts/{mode}", { params: { path: { id, mode } } }),
    ),
  saveDraft: (id: string, mode: DraftMode, body: DraftBody) =>
    answer(
      client.PUT("/api/v1/conversations/{id}/drafts/{mode}", {
        params: { path: { id, mode } },
        body,
      }),
    ),
  deleteDraft: (id: string, mode: DraftMode) =>
    answer(
      client.DELETE("/api/v1/conversations/{id}/drafts/{mode}", {
        params: { path: { id, mode } },
      }),
    ),

  channelAccounts: () => answer(client.GET("/api/v1/channel-accounts", everything)),
  createChannelAccount: (body: NewAccountBody) =>
    answer(client.POST("/api/v1/channel-accounts", { body })),
  changeChannelAccount: (id: string, body: AccountBody) =>
    answer(client.PATCH("/api/v1/channel-accounts/{id}", { ...byId(id), body })),
  deleteChannelAccount: (id: string) =>
    answer(client.DELETE("/api/v1/channel-accounts/{id}", byId(id))),
  testChannelAccount: (id: string) =>
    answer(client.POST("/api/v1/channel-accounts/{id}/test", acted(id))),
  rotateSecret: (id: string) =>
    answer(client.POST("/api/v1/channel-accounts/{id}/rotate-secret", acted(id))),

  search: (query: operations["search"]["parameters"]["query"], signal?: AbortSignal) =>
    answer(client.GET("/api/v1/search", { params: { query }, signal })),
  deadJobs: () =>
    answer(client.GET("/api/v1/jobs", { params: { query: { state: "dead", limit: 100 } } })),
  replayJob: (id: string) => answer(client.POST("/api/v1/jobs/{id}/replay", acted(id))),
};

export const rawMessageUrl = (id: string, mid: string) =>
  `/api/v1/conversations/${encodeURIComponent(id)}/messages/${encodeURIComponent(mid)}/raw`;
