/** Pure: what is said of a message that has not left yet, and what can be done about it. */
import type { Delivery, Message } from "@rapport/api";
import { type Failure, failureOf } from "./failure-words";

/** Held to be undone, in line, being tried just now, or waiting for another attempt. */
export type WaitingState = "held" | "queued" | "trying" | "again";
export interface Waiting {
  state: WaitingState;
  takeBack: boolean;
  tryNow: boolean;
}
export interface Rights {
  mayReply: boolean;
  /** Nothing goes out from a closed conversation, but it can still be kept from going out. */
  closed: boolean;
}

/** Most messages leave at once, and nobody has to read of that. */
const noticedAfter = 5_000;

export function waitingOf(
  message: Pick<Message, "id" | "delivery" | "held_until">,
  now: number,
  { mayReply, closed }: Rights,
): Waiting | null {
  const { delivery, held_until: held } = message;
  if (delivery?.status !== "queued" || message.id.startsWith("local:")) return null;
  const next = delivery.next_attempt_at;
  if (next !== null) {
    const waits = Date.parse(next) > now;
    return {
      state: waits ? "again" : "trying",
      takeBack: mayReply,
      tryNow: waits && mayReply && !closed,
    };
  }
  if (held !== null && Date.parse(held) > now) {
    return { state: "held", takeBack: mayReply, tryNow: false };
  }
  const isNew = now - Date.parse(held ?? delivery.updated_at) < noticedAfter;
  if (isNew && held === null) return null;
  return { state: isNew ? "trying" : "queued", takeBack: mayReply, tryNow: false };
}

/** Why the last attempt came to nothing, as the name of a sentence. */
export function causeOf(
  delivery: Delivery,
  channel: Message["channel"],
): `failure.${Failure}` | `waiting.${"put_off" | "no_answer" | "not_handed_over"}` {
  const failure = failureOf(delivery);
  if (failure) return `failure.${failure}`;
  if (channel !== "email") return "waiting.not_handed_over";
  return delivery.code ? "waiting.put_off" : "waiting.no_answer";
}
