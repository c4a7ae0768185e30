/** Sending with the message on screen at once, marked as on its way until the server has it. */
import {
  ApiError,
  api,
  type Channel,
  type DeliveryStatus,
  type Me,
  type Message,
  type NoteBody,
  type SendBody,
} from "@rapport/api";
import type { QueryClient } from "@tanstack/react-query";
import { explain } from "@/app/notify";
import { createStore } from "@/app/store";
import { patchMessage, writeMessage } from "./cache";
import { localPrefix } from "./timeline-pages";

export type Outgoing =
  | { kind: "message"; channel: Channel; body: SendBody & { client_id: string } }
  | { kind: "note"; channel: Channel; body: NoteBody & { client_id: string } };

/** What was asked for and has not been accepted yet, so that it can be sent again word for word. */
export const pendingSends = new Map<string, Outgoing>();

/** Messages that were taken back before they left; whoever writes in their conversation gets their words. */
export const returned = createStore<readonly Message[]>([]);
export const giveBack = (message: Message) => returned.set((waiting) => [...waiting, message]);

function standIn(conversationId: string, outgoing: Outgoing, me: Me): Message {
  const now = new Date().toISOString();
  const { body, kind } = outgoing;
  const mail = kind === "message" ? outgoing.body : null;
  return {
    id: localPrefix + body.client_id,
    conversation_id: conversationId,
    kind,
    direction: kind === "note" ? "none" : "outbound",
    channel: outgoing.channel,
    channel_account_id: mail?.channel_account_id ?? null,
    author: { kind: "user", id: me.user.id, name: me.user.name },
    subject: mail?.subject ?? null,
    body_text: body.body_text ?? "",
    visible_text: body.body_text ?? "",
    has_quote: false,
    body_html: body.body_html ?? null,
    has_remote_images: false,
    truncated: false,
    from: null,
    to: mail?.to ?? [],
    cc: mail?.cc ?? [],
    bcc: mail?.bcc ?? [],
    attachments: [],
    delivery: kind === "note" ? null : delivery("sending", null),
    automatic: false,
    warnings: [],
    ai_generated: false,
    ai_drafted: false,
    client_id: body.client_id,
    email_message_id: null,
    held_until: null,
    sent_at: now,
    created_at: now,
    version: 0,
  };
}

const delivery = (status: DeliveryStatus, reason: string | null) => ({
  status,
  reason,
  code: null,
  attempts: 0,
  next_attempt_at: null,
  updated_at: new Date().toISOString(),
});

const post = (conversationId: string, outgoing: Outgoing) =>
  outgoing.kind === "note"
    ? api.addNote(conversationId, outgoing.body)
    : api.send(conversationId, outgoing.body);

/**
 * Sends and returns the stored message. A refusal removes the stand-in and is thrown;
 * what it says (a colleague was faster, the conversation is closed) is for the composer to show.
 */
export async function send(
  cache: QueryClient,
  me: Me,
  conversationId: string,
  outgoing: Outgoing,
): Promise<Message> {
  const stand = standIn(conversationId, outgoing, me);
  pendingSends.set(outgoing.body.client_id, outgoing);
  writeMessage(cache, stand);
  try {
    const stored = await post(conversationId, outgoing);
    pendingSends.delete(outgoing.body.client_id);
    writeMessage(cache, stored);
    return stored;
  } catch (error) {
    pendingSends.delete(outgoing.body.client_id);
    patchMessage(cache, conversationId, stand.id, () => null);
    throw error;
  }
}

/** Keeps a refused message in the timeline, for when the composer already holds the next one. */
export function keepFailed(
  cache: QueryClient,
  me: Me,
  conversationId: string,
  outgoing: Outgoing,
  error: unknown,
) {
  pendingSends.set(outgoing.body.client_id, outgoing);
  writeMessage(cache, {
    ...standIn(conversationId, outgoing, me),
    delivery: delivery("failed", explain(error)),
  });
}

export async function resend(cache: QueryClient, message: Message) {
  const outgoing = pendingSends.get(message.client_id ?? "");
  if (!outgoing) return;
  const mark = (status: DeliveryStatus, reason: string | null) =>
    patchMessage(cache, message.conversation_id, message.id, (current) => ({
      ...current,
      delivery: delivery(status, reason),
    }));
  mark("sending", null);
  try {
    const stored = await post(message.conversation_id, outgoing);
    pendingSends.delete(outgoing.body.client_id);
    writeMessage(cache, stored);
  } catch (error) {
    mark("failed", explain(error));
  }
}

/** The colleague's messages that made the server hold ours back, if that is what happened. */
export function advancedBy(error: unknown): Message[] | null {
  if (!(error instanceof ApiError) || error.code !== "conversation_advanced") return null;
  const current = error.problem.current as { messages?: Message[] } | undefined;
  return current?.messages ?? [];
}
