/** Everything the event stream may carry, as one union the cache writer switches over. */
import type { EventEnvelope, Signals } from "./generated/schema";

/** An event of the log: it has a number, and a stream that resumes sends it again. */
export type DurableEvent = EventEnvelope;

type Noted = Omit<Signals, "hello" | "resync_required">;
/** What is told to whoever listens just now, and is not kept. */
export type EphemeralEvent = {
  [Name in keyof Noted]: { name: Name; data: Noted[Name] };
}[keyof Noted];

export type ServerEvent = DurableEvent | EphemeralEvent;
export type EventName = ServerEvent["name"];

export function isDurable(event: ServerEvent): event is DurableEvent {
  return "seq" in event && typeof event.seq === "number";
}
