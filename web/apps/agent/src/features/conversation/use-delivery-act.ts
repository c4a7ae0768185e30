/** What a person asks for about the sending of a message, one thing at a time. */
import { ApiError, type Message } from "@rapport/api";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { complain } from "@/app/notify";
import { writeMessage } from "@/data/cache";

export type DeliveryAct = "retry" | "try_now" | "take_back";

export function useDeliveryAct(message: Message) {
  const cache = useQueryClient();
  const [busy, setBusy] = useState<DeliveryAct | null>(null);
  const run = async (act: DeliveryAct, ask: () => Promise<unknown>) => {
    if (busy) return;
    setBusy(act);
    try {
      await ask();
    } catch (error) {
      // It has moved on meanwhile, and the refusal says to where.
      const current = error instanceof ApiError ? error.problem.current : null;
      if (isThis(message, current)) writeMessage(cache, current);
      complain(error);
    } finally {
      setBusy(null);
    }
  };
  return { busy, run };
}

const isThis = (message: Message, current: unknown): current is Message =>
  typeof current === "object" && current !== null && "id" in current && current.id === message.id;
