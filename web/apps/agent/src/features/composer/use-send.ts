/** Sending from the composer: the text leaves the field at once and comes back if it is refused. */
import {
  ApiError,
  api,
  type Conversation,
  type ConversationDetail,
  type DraftMode,
  type Me,
  type Message,
  type ReplyOption,
} from "@rapport/api";
import type { QueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { setStatus } from "@/actions/commands";
import { useActionContext } from "@/actions/use-actions";
import { neighbour, releaseRow } from "@/app/inbox-state";
import { complain, explain, say } from "@/app/notify";
import { patchMessage, writeConversation } from "@/data/cache";
import { keys } from "@/data/keys";
import { advancedBy, keepFailed, type Outgoing, send } from "@/data/sending";
import { sentFileIds } from "@/editor/files";
import { t } from "@/i18n";
import { addressing } from "./addressing";
import { type DraftContent, type DraftStore, isEmptyDraft } from "./draft-store";
import { mayHaveArrived, noteAnswer, noteFailure, unansweredMessage } from "./send-again";

export type SendIntent = "send" | "close" | "solve" | "wait";
const statusAfter = { close: "closed", solve: "solved", wait: "pending" } as const;

interface SendParts {
  cache: QueryClient;
  me: Me;
  detail: ConversationDetail;
  mode: DraftMode;
  draft: DraftContent;
  drafts: DraftStore;
  option: ReplyOption | null;
  lastMessage: Message | null;
}
export interface SendExtras {
  assignToMe: boolean;
}
interface Held {
  conversationId: string;
  messages: Message[];
  intent: SendIntent;
  extras: SendExtras;
}

function outgoing(parts: SendParts, intent: SendIntent, extras: SendExtras): Outgoing {
  const { detail, mode, draft, option, me, lastMessage } = parts;
  const client_id = crypto.randomUUID();
  const attachment_ids = sentFileIds(draft, mode === "reply" && option?.rich_text === true);
  if (mode === "note") {
    const body = {
      body_text: draft.text.trim(),
      attachment_ids,
      client_id,
    };
    return { kind: "note", channel: detail.channel, body };
  }
  const mail = option?.rich_text === true;
  return {
    kind: "message",
    channel: option?.channel ?? detail.channel,
    body: {
      body_text: draft.text.trim(),
      ...(mail && draft.html ? { body_html: draft.html } : {}),
      channel_account_id: option?.channel_account_id,
      address_id: option?.address_id,
      ...(mail && detail.email_reply ? addressing(draft, detail.email_reply) : {}),
      attachment_ids,
      client_id,
      hold_seconds: mail ? me.workspace.settings.email_undo_seconds : 0,
      seen_message_id: draft.seenMessageId ?? lastMessage?.id,
      // biome-ignore lint/suspicious/noThenProperty: this is the name in the API, and the object is never awaited.
      ...(intent === "send" ? {} : { then: intent }),
      ...(extras.assignToMe ? { assign_to_me: true } : {}),
    },
  };
}

export function useSend(parts: SendParts) {
  const { cache, me, detail, mode, draft, drafts } = parts;
  const context = useActionContext();
  const { navigation } = context;
  const [held, setHeld] = useState<Held | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was said about one conversation ends with it.
  useEffect(() => {
    setHeld(null);
    setProblem(null);
  }, [detail.id, mode]);

  const restore = (kept: DraftContent) => {
    if (!isEmptyDraft(drafts.get(detail.id, mode))) return false;
    drafts.change(detail.id, mode, kept);
    return true;
  };

  const onRefused = (error: unknown, kept: DraftContent, message: Outgoing) => {
    if (error instanceof ApiError && error.code === "conversation_closed") {
      restore(kept);
      const current = error.problem.current as
        | { conversation?: Conversation }
        | Conversation
        | undefined;
      const closed = current && "conversation" in current ? current.conversation : current;
      if (closed && "id" in closed) writeConversation(cache, closed, me.user.id);
      else void cache.invalidateQueries({ queryKey: keys.conversation(detail.id) });
      say(t("toast.closed_meanwhile"));
      return;
    }
    if (restore(kept)) setProblem(mayHaveArrived(error) ? t("composer.no_answer") : explain(error));
    else keepFailed(cache, me, detail.id, message, error);
  };

  const sendWith = async (intent: SendIntent, extras: SendExtras, kept: DraftContent) => {
    const earlier = unansweredMessage(detail.id, mode, kept);
    const message = earlier ?? outgoing({ ...parts, draft: kept }, intent, extras);
    setProblem(null);
    drafts.clear(detail.id, mode);
    setBusy(true);
    if (intent === "close" || intent === "solve") releaseRow(detail.id);
    try {
      const stored = await send(cache, me, detail.id, message);
      noteAnswer(detail.id, mode);
      // The earlier message may have been sent with another wish for what comes after it.
      const missed = earlier?.kind === "message" && earlier.body.then !== intent;
      if (missed && intent !== "send") void setStatus(context, detail, statusAfter[intent]);
      if (intent === "close") {
        const next = neighbour(detail.id, 1) ?? neighbour(detail.id, -1);
        if (next && next !== detail.id) navigation.openConversation(next);
      }
      void cache.invalidateQueries({ queryKey: keys.conversation(detail.id) });
      offerUndo(stored, kept);
    } catch (error) {
      noteFailure(detail.id, mode, kept, message, error);
      const messages = advancedBy(error);
      if (messages) {
        restore(kept);
        setHeld({ conversationId: detail.id, messages, intent, extras });
      } else onRefused(error, kept, message);
    } finally {
      setBusy(false);
    }
  };

  const offerUndo = (stored: Message, kept: DraftContent) => {
    if (!stored.held_until) return;
    const left = Date.parse(stored.held_until) - Date.now();
    if (left < 500) return;
    say(t("toast.sending"), {
      duration: left,
      undo: async () => {
        try {
          await api.cancelMessage(stored.conversation_id, stored.id);
          patchMessage(cache, stored.conversation_id, stored.id, () => null);
          if (isEmptyDraft(drafts.get(stored.conversation_id, mode))) {
            drafts.change(stored.conversation_id, mode, kept);
          }
          void cache.invalidateQueries({ queryKey: keys.conversation(stored.conversation_id) });
          say(t("toast.send_undone"));
        } catch (error) {
          complain(error);
        }
      },
    });
  };

  const acknowledge = () => {
    const last = held?.messages.at(-1) ?? parts.lastMessage;
    setHeld(null);
    if (last) drafts.change(detail.id, mode, { seenMessageId: last.id });
    return last?.id ?? null;
  };

  return {
    busy,
    problem,
    advanced: held?.conversationId === detail.id ? held.messages : null,
    send: (intent: SendIntent, extras: SendExtras) => sendWith(intent, extras, draft),
    sendAnyway: async () => {
      if (!held) return;
      const seenMessageId = acknowledge();
      await sendWith(held.intent, held.extras, { ...draft, seenMessageId });
    },
    acknowledge,
  };
}
