/**
 * A message whose fate is unknown keeps its id, so that sending the same words again cannot make two.
 * The first attempt may have arrived although its answer was lost; the server knows it by this id.
 */
import { ApiError, type DraftMode } from "@rapport/api";
import type { DraftContent } from "./draft-store";

const unanswered = new Map<string, { id: string; words: string }>();

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

export function sendId(conversationId: string, mode: DraftMode, draft: DraftContent): string {
  const earlier = unanswered.get(keyOf(conversationId, mode));
  return earlier?.words === wordsOf(draft) ? earlier.id : crypto.randomUUID();
}

export function noteAnswer(conversationId: string, mode: DraftMode) {
  unanswered.delete(keyOf(conversationId, mode));
}

export function noteFailure(
  conversationId: string,
  mode: DraftMode,
  draft: DraftContent,
  id: string,
  error: unknown,
) {
  if (mayHaveArrived(error))
    unanswered.set(keyOf(conversationId, mode), { id, words: wordsOf(draft) });
  else noteAnswer(conversationId, mode);
}
