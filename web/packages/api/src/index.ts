export { ApiError, csrfHeaders, onUnauthenticated } from "./client";
export { api, rawMessageUrl } from "./endpoints";
export * from "./events";
export type {
  ChannelAccountBody,
  ContactChange,
  ConversationChange,
  DraftBody,
  NoteBody,
  SendBody,
  StartConversationBody,
} from "./schema";
export * from "./types";
export { type Upload, uploadAttachment } from "./upload";
