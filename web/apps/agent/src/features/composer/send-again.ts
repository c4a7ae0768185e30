/**
 * A message whose fate is unknown is sent again as it was, so that trying twice cannot make two.
 * The first attempt may have arrived although its answer was lost; the server knows it by its id,
 * and takes that id only together with the same message.
 */
import { ApiError, type DraftMode } from "@rapport/api";
import type { Outgoing } from "@/data/sending";
import type { DraftContent } from "./draft-store";

const unanswered = new Map<string, { message: Outgoing; words: string }>();

const keyOf = (conversationId: string, mode: DraftMode) => `${conversationId}|${mode}`;
const wordsOf = (draft: DraftContent) =>
  JSON.stringify([
    draft.text.trim(),
    draft.html,
    draft.subject,
    draft.to,
    draft.cc,
    draft.bcc,
    draft.attachments.map((file) => file.id),
    draft.channelAccountId,
    draft.addressId,
  ]);

/** Whether the server may have taken what it did not answer. */
export const mayHaveArrived = (error: unknown) =>
  !(error instanceof ApiError) || error.isNetwork || error.status >= 500;

/** What was sent with these words and never answered. */
export function unansweredMessage(
  conversationId: string,
  mode: DraftMode,
  draft: DraftContent,
): Outgoing | null {
  const earlier = unanswered.get(keyOf(conversationId, mode));
  return earlier?.words === wordsOf(draft) ? earlier.message : null;
}

export function noteAnswer(conversationId: string, mode: DraftMode) {
  unanswered.delete(keyOf(conversationId, mode));
}

export function noteFailure(
  conversationId: string,
  mode: DraftMode,
  draft: DraftContent,
  message: Outgoing,
  error: unknown,
) {
  if (mayHaveArrived(error))
    unanswered.set(keyOf(conversationId, mode), { message, words: wordsOf(draft) });
  else noteAnswer(conversationId, mode);
}
