/**
 * One connection to the event stream that never gives up: it resumes after the last event it saw,
 * waits longer after each failure, and tries at once when the network or the machine comes back.
 */
import { csrfHeaders, type ServerEvent } from "@rapport/api";
import { eventFromFrame, FrameParser } from "./frames";

export interface StreamListener {
  onEvent: (event: ServerEvent) => void;
  /** The server cannot replay from where we were; what is on screen must be fetched again. */
  onResync: (seq: number) => void;
  onConnected: (connected: boolean) => void;
  onUnauthenticated: () => void;
}

const firstDelay = 500;
const longestDelay = 30_000;
// The server speaks at least every 15 s, so a longer silence means a dead connection.
const silenceLimit = 40_000;

/** Full jitter, so that a restarted server is not met by everyone at the same moment. */
export function reconnectDelay(attempt: number, random: number): number {
  const ceiling = Math.min(longestDelay, firstDelay * 2 ** attempt);
  return Math.round(ceiling * random);
}

export class EventStream {
  #seq: number;
  #attempt = 0;
  #stopped = false;
  #abort: AbortController | null = null;
  #wake: (() => void) | null = null;
  #lastHeard = Date.now();
  #watch: number;
  readonly #listener: StreamListener;

  constructor(after: number, listener: StreamListener) {
    this.#seq = after;
    this.#listener = listener;
    this.#watch = window.setInterval(() => this.#checkSilence(), 5_000);
    window.addEventListener("online", this.#hurry);
    document.addEventListener("visibilitychange", this.#hurry);
    void this.#run();
  }

  stop() {
    this.#stopped = true;
    window.clearInterval(this.#watch);
    window.removeEventListener("online", this.#hurry);
    document.removeEventListener("visibilitychange", this.#hurry);
    this.#abort?.abort();
    this.#wake?.();
  }

  /** Moves the point of resumption forward after a fresh snapshot. */
  skipTo(seq: number) {
    if (seq > this.#seq) this.#seq = seq;
  }

  #hurry = () => {
    if (document.visibilityState !== "visible") return;
    this.#attempt = 0;
    this.#wake?.();
  };

  #checkSilence() {
    const silent = Date.now() - this.#lastHeard;
    if (silent > silenceLimit) this.#abort?.abort();
  }

  async #run() {
    while (!this.#stopped) {
      try {
        await this.#connect();
      } catch {
        // Every failure is answered alike: wait, then try again.
      }
      this.#listener.onConnected(false);
      if (this.#stopped) return;
      await this.#pause(reconnectDelay(this.#attempt, Math.random()));
      this.#attempt += 1;
    }
  }

  #pause(milliseconds: number) {
    return new Promise<void>((resolve) => {
      const timer = window.setTimeout(resolve, milliseconds);
      this.#wake = () => {
        window.clearTimeout(timer);
        resolve();
      };
    });
  }

  async #connect() {
    this.#abort = new AbortController();
    this.#lastHeard = Date.now();
    const after = this.#seq > 0 ? `?after=${this.#seq}` : "";
    const response = await fetch(`/api/v1/events${after}`, {
      headers: { Accept: "text/event-stream", ...csrfHeaders },
      credentials: "same-origin",
      signal: this.#abort.signal,
    });
    if (response.status === 401) this.#listener.onUnauthenticated();
    if (!response.ok || !response.body) throw new Error(`The stream answered ${response.status}.`);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new FrameParser();
    for (;;) {
      const { value, done } = await reader.read();
      if (done || this.#stopped) return;
      this.#lastHeard = Date.now();
      for (const frame of parser.push(value)) this.#take(frame);
    }
  }

  #take(frame: { id: string | null; event: string; data: string }) {
    if (frame.event === "hello" || frame.event === "resync_required") {
      const seq = Number(JSON.parse(frame.data || "{}").seq) || 0;
      this.#attempt = 0;
      this.#listener.onConnected(true);
      if (frame.event === "resync_required") {
        this.#seq = seq;
        this.#listener.onResync(seq);
      } else if (this.#seq === 0) this.#seq = seq;
      return;
    }
    const event = eventFromFrame(frame);
    if (!event) return;
    const seq = Number(frame.id);
    if (frame.id !== null && Number.isFinite(seq)) {
      if (seq <= this.#seq) return;
      this.#seq = seq;
    }
    this.#listener.onEvent(event);
  }
}
