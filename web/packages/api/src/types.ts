/**
 * The names under which the screens know what the server says. Shapes come from its description; what is added here
 * are names for things that the description spells out in place.
 */
import type { operations, Problem as ServerProblem, ViewCounts } from "./generated/schema";

export type {
  AccountBody,
  Activity,
  Actor,
  Address,
  AddressKind,
  ApiConfig,
  ApiToken,
  Attachment,
  AuthorKind,
  Channel,
  ChannelAccount,
  ChatConfig,
  ConnectionCheck,
  Contact,
  ContactBody as ContactChange,
  Conversation,
  ConversationBody as ConversationChange,
  ConversationDetail,
  ConversationLink,
  ConversationPage,
  ConversationReference,
  Counts as ConversationCounts,
  CreatedAccount,
  DeadJob as Job,
  Delivery,
  DeliveryStatus,
  Direction,
  DraftAnswer as Draft,
  DraftBody,
  DraftMode,
  EmailConfig,
  FieldProblem as FieldError,
  Invitation,
  LastMessage,
  Lifecycle,
  Me,
  Message,
  MessageBody as SendBody,
  NewAccountBody,
  NewConversationBody as StartConversationBody,
  NoteBody,
  Permission,
  PreChatField,
  Priority,
  Recipient,
  ReplyOption,
  Role,
  SearchResult,
  SharedConversation,
  Status,
  TimelineItem,
  TimelinePageTimelineItem as TimelinePage,
  TlsSetting as TlsMode,
  User,
  UserReference as PersonReference,
  Viewer,
  Workspace,
  WorkspaceSettings,
} from "./generated/schema";

export type ViewName = keyof ViewCounts;
export type ConversationQuery = NonNullable<
  operations["list_conversations"]["parameters"]["query"]
>;
export type ConversationSort = NonNullable<ConversationQuery["sort"]>;

/** What went wrong, also where no server answered and only the browser knows. */
export type Problem = Pick<ServerProblem, "title" | "status" | "code"> & Partial<ServerProblem>;
