// Puts messages of one author close in time under one heading, and days apart.
import type { Message } from "../api/types";

const gapMs = 5 * 60_000;

export interface MessageGroup {
  /** True when this group begins another calendar day. */
  newDay: boolean;
  messages: Message[];
}

export function groupMessages(messages: Message[]): MessageGroup[] {
  const groups: MessageGroup[] = [];
  let previous: Message | undefined;
  for (const message of messages) {
    const newDay = !previous || day(previous) !== day(message);
    const group = groups.at(-1);
    if (group && previous && !newDay && belongs(previous, message)) {
      group.messages.push(message);
    } else {
      groups.push({ newDay, messages: [message] });
    }
    previous = message;
  }
  return groups;
}

const day = (message: Message) => new Date(message.sent_at).toDateString();

const belongs = (previous: Message, next: Message) =>
  previous.author.kind === next.author.kind &&
  previous.author.name === next.author.name &&
  Date.parse(next.sent_at) - Date.parse(previous.sent_at) < gapMs;
