/** Runs an act on what is picked: progress while it goes, what failed and why, and undo. */
import type { Conversation } from "@rapport/api";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { countAgain } from "@/actions/commands";
import type { ActionContext } from "@/actions/registry";
import { focusList } from "@/app/focus";
import { shownIds } from "@/app/inbox-state";
import { explain, say } from "@/app/notify";
import { bulkBusy, clearPicks, picked } from "@/app/selection";
import { findConversation } from "@/data/cache";
import type { BulkAct } from "./bulk-acts";
import { runBulk } from "./run-bulk";

export interface Refusal {
  conversation: Conversation;
  reason: string;
}
export interface BulkState {
  running: { words: string; done: number; total: number } | null;
  refusals: readonly Refusal[];
}
const idle: BulkState = { running: null, refusals: [] };

export interface Bulk extends BulkState {
  run: (act: BulkAct) => void;
  stop: () => void;
  retry: () => void;
  dismiss: () => void;
}

export function useBulk(context: ActionContext): Bulk {
  const { t } = useTranslation();
  const [state, setState] = useState<BulkState>(idle);
  const stopper = useRef(new AbortController());
  const again = useRef<(() => void) | null>(null);
  const latest = useRef(context);
  latest.current = context;
  const { running, refusals } = state;
  useEffect(() => {
    bulkBusy.set(running !== null || refusals.length > 0);
    return () => bulkBusy.set(false);
  }, [running, refusals]);

  const work = useCallback(
    async (
      conversations: readonly Conversation[],
      words: string,
      act: (conversation: Conversation) => Promise<unknown>,
    ) => {
      stopper.current = new AbortController();
      const total = conversations.length;
      setState({ running: { words, done: 0, total }, refusals: [] });
      const outcome = await runBulk(
        conversations,
        act,
        (done) => setState({ running: { words, done, total }, refusals: [] }),
        stopper.current.signal,
      );
      const failed = outcome.failed.map(({ item, error }) => ({
        conversation: item,
        reason: explain(error),
      }));
      again.current = () =>
        void work(
          failed.map(({ conversation }) => conversation),
          words,
          act,
        );
      setState({ running: null, refusals: failed });
      return outcome;
    },
    [],
  );

  const run = async (act: BulkAct) => {
    const wanted = [...picked.get()].flatMap((id) => findConversation(context.cache, id) ?? []);
    const todo = wanted.filter((conversation) => !act.isDone(conversation));
    leaveOpenOne(act, todo, context);
    const { done, failed, left } = await work(
      todo,
      t(`bulk.${act.words}_running`, act.values),
      (conversation) =>
        act.act(latest.current, findConversation(context.cache, conversation.id) ?? conversation),
    );
    countAgain(context);
    const remaining = [...failed.map(({ item }) => item.id), ...left.map(({ id }) => id)];
    if (remaining.length === 0) {
      clearPicks();
      focusList();
    } else picked.set(new Set(remaining));
    const count = done.length;
    if (count === 0 && failed.length > 0) return;
    const already = wanted.length - todo.length;
    say(
      count > 0
        ? t(`bulk.${act.words}_done`, { ...act.values, count })
        : t("bulk.nothing_to_do", { count: already }),
      count > 0
        ? {
            duration: 8_000,
            undo: async () => {
              const undone = await work(done, t("bulk.undo_running"), (before) =>
                act.undo(latest.current, before),
              );
              countAgain(context);
              if (undone.done.length > 0) say(t("bulk.undone", { count: undone.done.length }));
            },
          }
        : {},
    );
  };

  return {
    ...state,
    run: (act) => void run(act),
    stop: () => stopper.current.abort(),
    retry: () => again.current?.(),
    dismiss: () => {
      setState(idle);
      focusList();
    },
  };
}

/** Closing goes on to the next row that stays; a conversation left open would mark itself read again. */
function leaveOpenOne(act: BulkAct, todo: readonly Conversation[], context: ActionContext) {
  const openId = context.conversation?.id;
  const ids = todo.map(({ id }) => id);
  if (!openId || !ids.includes(openId)) return;
  if (act.words === "mark_unread") context.navigation.openConversation(null);
  if (act.words !== "close") return;
  const shown = shownIds.get();
  const at = shown.indexOf(openId);
  const stays = (id: string) => !ids.includes(id);
  const next = shown.slice(at).find(stays) ?? shown.slice(0, at).findLast(stays) ?? null;
  context.navigation.openConversation(next);
}
