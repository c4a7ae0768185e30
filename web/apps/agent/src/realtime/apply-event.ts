/**
 * The only code that writes events into the cache: one switch over every event there is.
 * Each case must be safe to repeat, because a snapshot and the stream may both carry the same change.
 */
import type {
  Activity,
  Contact,
  ConversationDetail,
  Draft,
  DurableEvent,
  EphemeralEvent,
  ServerEvent,
  SharedConversation,
  User,
  Viewer,
} from "@rapport/api";
import type { QueryClient } from "@tanstack/react-query";
import {
  findConversation,
  isWanted,
  patchConversation,
  patchMessage,
  personalise,
  writeActivity,
  writeConversation,
  writeMessage,
} from "@/data/cache";
import { keys } from "@/data/keys";

export interface ApplyContext {
  myId: string;
  /** Called when the numbers beside the views may have changed. */
  refreshCounts: () => void;
  /** Called for a conversation that a list should show and that was never loaded. */
  fetchConversation: (id: string) => void;
}

export function applyEvent(cache: QueryClient, event: ServerEvent, context: ApplyContext): void {
  switch (event.name) {
    case "conversation.created":
    case "conversation.assigned":
    case "conversation.unassigned":
    case "conversation.status_changed":
    case "conversation.closed":
    case "conversation.reopened":
    case "conversation.priority_changed":
    case "conversation.topic_changed":
      takeConversation(cache, event.data.conversation, context);
      noteActivity(cache, event);
      context.refreshCounts();
      return;
    case "conversation.linked":
      takeConversation(cache, event.data.conversation, context);
      noteActivity(cache, event);
      refetchDetail(cache, event.data.conversation.id);
      return;
    case "conversation.requires_action_changed":
    case "conversation.subject_changed":
      takeConversation(cache, event.data.conversation, context);
      context.refreshCounts();
      return;
    case "message.received":
      takeConversation(cache, event.data.conversation, context);
      placeOrFetch(cache, event);
      clearTyping(cache, event.data.conversation.id, event.actor.id);
      // The addresses a reply would go to may differ after a new message.
      refetchDetail(cache, event.data.conversation.id);
      context.refreshCounts();
      return;
    case "message.queued":
    case "note.added":
      takeConversation(cache, event.data.conversation, context);
      placeOrFetch(cache, event);
      // As long as nobody has written to us, the next mail goes to whom the last one went.
      if (event.data.message.channel === "email" && event.data.conversation.inbound_count === 0) {
        refetchDetail(cache, event.data.conversation.id);
      }
      clearTyping(cache, event.data.conversation.id, event.actor.id);
      context.refreshCounts();
      return;
    case "message.delivery_changed":
      takeConversation(cache, event.data.conversation, context);
      patchMessage(cache, event.data.conversation.id, event.data.message_id, (message) => ({
        ...message,
        delivery: event.data.delivery,
        held_until: null,
      }));
      return;
    case "message.cancelled":
      takeConversation(cache, event.data.conversation, context);
      patchMessage(cache, event.data.conversation.id, event.data.message_id, () => null);
      return;
    case "conversation.read":
      if (event.conversation_id) {
        patchConversation(cache, event.conversation_id, { unread_count: event.data.unread_count });
        context.refreshCounts();
      }
      return;
    case "draft.saved":
    case "draft.deleted":
      applyDraft(cache, event);
      context.refreshCounts();
      return;
    case "contact.created":
    case "contact.updated":
      applyContact(cache, event.data.contact);
      return;
    case "channel_account.created":
    case "channel_account.updated":
    case "channel_account.deleted":
    case "channel_account.failed":
    case "channel_account.recovered":
      void cache.invalidateQueries({ queryKey: keys.channelAccounts });
      void cache.invalidateQueries({ queryKey: keys.conversations });
      return;
    case "user.created":
    case "user.updated":
      applyUser(cache, event.data.user, context.myId);
      return;
    case "workspace.updated":
      void cache.invalidateQueries({ queryKey: keys.me });
      return;
    case "presence.changed":
    case "contact.typing":
    case "user.online":
      applyEphemeral(cache, event);
      return;
    default:
      // A newer server may announce what this build does not know; the next snapshot carries it.
      event satisfies never;
  }
}

function takeConversation(cache: QueryClient, shared: SharedConversation, context: ApplyContext) {
  const conversation = personalise(cache, shared);
  if (conversation) writeConversation(cache, conversation, context.myId);
  else if (isWanted(cache, shared, context.myId)) context.fetchConversation(shared.id);
}

type ConversationActivity = Extract<DurableEvent, { data: { conversation: unknown } }>;
type MessageEvent = Extract<DurableEvent, { data: { message: unknown } }>;

function noteActivity(cache: QueryClient, event: ConversationActivity) {
  const activity: Activity = {
    seq: event.seq,
    name: event.name,
    actor: event.actor,
    occurred_at: event.occurred_at,
    data: event.data as unknown as Record<string, unknown>,
  };
  writeActivity(cache, event.data.conversation.id, activity);
}

function placeOrFetch(cache: QueryClient, event: MessageEvent) {
  if (event.data.message.truncated) {
    void cache.invalidateQueries({ queryKey: keys.timeline(event.data.conversation.id) });
  } else {
    writeMessage(cache, event.data.message);
  }
}

function refetchDetail(cache: QueryClient, id: string) {
  void cache.invalidateQueries({ queryKey: keys.conversation(id), exact: true });
}

function applyDraft(
  cache: QueryClient,
  event: Extract<DurableEvent, { name: "draft.saved" | "draft.deleted" }>,
) {
  const id = event.conversation_id;
  if (!id) return;
  if (event.name === "draft.deleted") {
    cache.setQueryData(keys.draft(id, event.data.mode), null);
    if (tellsOf(cache, id) !== "reply" || event.data.mode === "reply") {
      patchConversation(cache, id, { draft: undefined });
    }
    return;
  }
  const { draft } = event.data;
  const { mode, updated_at } = draft;
  // The event names the files of the draft; what they are is kept where it is known, or asked for.
  const known = cache.getQueryData<Draft | null>(keys.draft(id, mode))?.attachments ?? [];
  const attachments = known.filter((file) => draft.attachment_ids.includes(file.id));
  cache.setQueryData<Draft>(keys.draft(id, mode), { ...draft, attachments });
  if (attachments.length < draft.attachment_ids.length) {
    void cache.invalidateQueries({ queryKey: keys.draft(id, mode) });
  }
  if (mode === "note" && tellsOf(cache, id) === "reply") return;
  const preview = draft.body_text.slice(0, 140);
  patchConversation(cache, id, { draft: { mode, preview, updated_at } });
}

/** Of two drafts, a conversation tells of the reply. */
const tellsOf = (cache: QueryClient, id: string) => findConversation(cache, id)?.draft?.mode;

function applyContact(cache: QueryClient, contact: Contact) {
  cache.setQueryData<Contact>(keys.contact(contact.id), (known) =>
    known && known.version > contact.version ? known : contact,
  );
  void cache.invalidateQueries({ queryKey: [...keys.contacts, "list"] });
  for (const [key, detail] of cache.getQueriesData<ConversationDetail>({
    queryKey: keys.conversations,
  })) {
    if (detail?.contact?.id !== contact.id) continue;
    cache.setQueryData<ConversationDetail>(key, (current) =>
      current?.contact && (current.contact_detail?.version ?? 0) <= contact.version
        ? {
            ...current,
            contact_detail: contact,
            contact: {
              id: contact.id,
              display_name: contact.display_name,
              known: contact.known,
              company: contact.company,
            },
          }
        : current,
    );
  }
}

function applyUser(cache: QueryClient, user: User, myId: string) {
  cache.setQueryData<User[]>(keys.users, (users) => {
    if (!users) return users;
    const known = users.some((other) => other.id === user.id);
    return known
      ? users.map((other) => (other.id === user.id ? { ...other, ...user } : other))
      : [...users, user];
  });
  // My own role decides what this screen may offer.
  if (user.id === myId) void cache.invalidateQueries({ queryKey: keys.me });
}

export type ViewersByConversation = Record<string, Viewer[]>;
export type TypingUntil = Record<string, string>;

function applyEphemeral(cache: QueryClient, event: EphemeralEvent) {
  switch (event.name) {
    case "presence.changed": {
      const { conversation_id: id, viewer } = event.data;
      cache.setQueryData<ViewersByConversation>(keys.viewers, (all = {}) => {
        const others = (all[id] ?? []).filter((other) => other.user.id !== viewer.user.id);
        return { ...all, [id]: viewer.state === "left" ? others : [...others, viewer as Viewer] };
      });
      return;
    }
    case "contact.typing":
      cache.setQueryData<TypingUntil>(keys.contactTyping, (all = {}) => ({
        ...all,
        [event.data.conversation_id]: event.data.until,
      }));
      return;
    case "user.online":
      cache.setQueryData<User[]>(keys.users, (users) =>
        users?.map((user) =>
          user.id === event.data.user_id ? { ...user, online: event.data.online } : user,
        ),
      );
      return;
    default:
      event satisfies never;
  }
}

/** Whoever has just sent something is no longer writing it. */
function clearTyping(cache: QueryClient, conversationId: string, actorId: string | null) {
  cache.setQueryData<TypingUntil>(keys.contactTyping, (all) => {
    if (!all?.[conversationId]) return all;
    const { [conversationId]: _, ...rest } = all;
    return rest;
  });
  cache.setQueryData<ViewersByConversation>(keys.viewers, (all) => {
    const viewers = all?.[conversationId];
    if (!all || !viewers) return all;
    return {
      ...all,
      [conversationId]: viewers.map((viewer) =>
        viewer.user.id === actorId && viewer.state === "typing"
          ? { ...viewer, state: "viewing", mode: null }
          : viewer,
      ),
    };
  });
}
