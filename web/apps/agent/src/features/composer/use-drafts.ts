/** The one draft store of this tab, tied to the server and to the moments worth saving at. */
import { ApiError, api, type Conversation, type DraftMode } from "@rapport/api";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { useStore } from "@/app/store";
import { keys } from "@/data/keys";
import { returned } from "@/data/sending";
import { type DraftContent, DraftStore, isEmptyDraft, type SaveState } from "./draft-store";
import { withReturned } from "./returned";

let store: { userId: string; drafts: DraftStore } | null = null;

export function draftsOf(userId: string): DraftStore {
  if (store?.userId === userId) return store.drafts;
  const drafts = new DraftStore(
    userId,
    {
      load: async (id, mode) => {
        try {
          // A server may answer without a body instead of refusing where there is none.
          return (await api.draft(id, mode)) ?? null;
        } catch (error) {
          if (error instanceof ApiError && error.status === 404) return null;
          throw error;
        }
      },
      save: api.saveDraft,
      remove: api.deleteDraft,
    },
    localStorage,
  );
  window.addEventListener("pagehide", () => drafts.flushAll());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") drafts.flushAll();
  });
  store = { userId, drafts };
  return drafts;
}

/** A conversation tells of one draft, of the reply before the note; where it tells of a note, there is no reply. */
export const mayHaveDraft = ({ draft }: Conversation, mode: DraftMode): boolean =>
  draft != null && (mode === "note" || draft.mode === "reply");

export function useDraft(
  userId: string,
  conversationId: string,
  mode: DraftMode,
  /** False when it is known that the server has none, which saves the question. */
  mayExist = true,
): { drafts: DraftStore; draft: DraftContent; saveState: SaveState } {
  const drafts = draftsOf(userId);
  const draft = useSyncExternalStore(drafts.subscribe, () => drafts.get(conversationId, mode));
  const saveState = useSyncExternalStore(drafts.subscribe, () =>
    drafts.state(conversationId, mode),
  );
  // Filled by the event stream when this person writes on another device.
  const { data: announced } = useQuery({
    queryKey: keys.draft(conversationId, mode),
    queryFn: () => null,
    enabled: false,
  });
  useEffect(() => {
    if (mayExist) void drafts.load(conversationId, mode);
    return () => void drafts.flush(conversationId, mode);
  }, [drafts, conversationId, mode, mayExist]);
  useEffect(() => {
    if (announced) drafts.adopt(conversationId, mode, announced);
  }, [drafts, conversationId, mode, announced]);
  return { drafts, draft, saveState };
}

/** What was left unsent when a conversation closed goes on in its follow-up. */
export function useCarriedDraft(drafts: DraftStore, conversation: Conversation) {
  const { id, follow_up_of: origin } = conversation;
  const originId = origin?.id ?? null;
  useEffect(() => {
    if (!originId) return;
    const left = drafts.get(originId, "reply");
    if (isEmptyDraft(left) || !isEmptyDraft(drafts.get(id, "reply"))) return;
    drafts.change(id, "reply", {
      text: left.text,
      html: left.html,
      attachments: left.attachments,
    });
    drafts.clear(originId, "reply");
  }, [drafts, id, originId]);
}

/** Puts what was taken back before it left into the reply. */
export function useReturned(drafts: DraftStore, id: string, mayExist: boolean) {
  const messages = useStore(returned);
  useEffect(() => {
    const mine = messages.filter((message) => message.conversation_id === id);
    if (mine.length === 0) return;
    returned.set((waiting) => waiting.filter((message) => !mine.includes(message)));
    const take = () => {
      for (const message of mine) {
        drafts.change(id, "reply", withReturned(drafts.get(id, "reply"), message));
      }
    };
    // What the server keeps is not to be overwritten unseen.
    if (mayExist) void drafts.load(id, "reply").then(take);
    else take();
  }, [messages, drafts, id, mayExist]);
}
