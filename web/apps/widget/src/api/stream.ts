// The live connection: read by fetch (EventSource cannot send a bearer token), resumed after the
// last durable frame, retried for ever with growing pauses.
import { retryDelay } from "../model/backoff";
import type { Client } from "./client";
import { toError } from "./client";
import { FrameReader } from "./frames";
import type { StreamEvent } from "./types";

/** The server pings every 15 s; silence for longer means that the connection is dead. */
const silenceMs = 40_000;

export interface StreamListener {
  event(event: StreamEvent): void;
  /** Whether frames are flowing. */
  connected(connected: boolean): void;
  /** The server refused for good, for example because the token was revoked. */
  refused(code: string): void;
}

export class Stream {
  cursor = "";
  #abort: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;

  constructor(
    readonly client: Client,
    readonly listener: StreamListener,
  ) {}

  get running(): boolean {
    return this.#abort !== undefined || this.#timer !== undefined;
  }

  start(): void {
    if (!this.running) {
      this.#attempt = 0;
      this.#connect();
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#abort?.abort();
    this.#abort = undefined;
  }

  /** Does not wait for the pause between two attempts: the network or the tab has come back. */
  hurry(): void {
    if (this.#timer !== undefined) {
      this.stop();
      this.start();
    }
  }

  /** The browser says that the network is gone; a connection may not notice for a long time. */
  cut(): void {
    this.#abort?.abort();
  }

  async #connect(): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    this.#timer = undefined;
    let retryAfterSeconds: number | undefined;
    try {
      const response = await fetch(
        `${this.client.base}events?after=${encodeURIComponent(this.cursor)}`,
        {
          headers: { ...this.client.authorization, accept: "text/event-stream" },
          credentials: "omit",
          cache: "no-store",
          signal: abort.signal,
        },
      );
      if (!response.ok || !response.body) {
        const body = await response.json().catch(() => undefined);
        const error = toError(response.status, response.headers.get("retry-after"), body);
        if (error.status === 401 || error.status === 403 || error.status === 404) {
          this.stop();
          this.listener.refused(error.code);
          return;
        }
        retryAfterSeconds = error.retryAfterSeconds;
      } else {
        await this.#read(response.body, abort);
      }
    } catch {
      // Cut, refused or stopped: all lead to the same pause, unless stop() was asked for.
    }
    if (this.#abort === abort) {
      this.#abort = undefined;
      this.listener.connected(false);
      const pause = retryDelay(this.#attempt++, Math.random());
      this.#timer = setTimeout(
        () => this.#connect(),
        Math.max(pause, (retryAfterSeconds ?? 0) * 1_000),
      );
    }
  }

  async #read(body: ReadableStream<Uint8Array>, abort: AbortController): Promise<void> {
    const frames = new FrameReader();
    const decoder = new TextDecoder();
    const reader = body.getReader();
    let watchdog: ReturnType<typeof setTimeout> | undefined;
    try {
      for (;;) {
        watchdog = setTimeout(() => reader.cancel().catch(() => undefined), silenceMs);
        const { done, value } = await reader.read();
        clearTimeout(watchdog);
        if (done || abort.signal.aborted) {
          return;
        }
        for (const frame of frames.push(decoder.decode(value, { stream: true }))) {
          this.#deliver(frame.name, frame.data, frame.id);
        }
      }
    } finally {
      clearTimeout(watchdog);
    }
  }

  #deliver(name: string, data: string, id: string | undefined): void {
    let event: StreamEvent;
    try {
      event = { name, data: JSON.parse(data) } as StreamEvent;
    } catch {
      return;
    }
    if (event.name === "hello") {
      this.#attempt = 0;
      this.listener.connected(true);
    }
    this.listener.event(event);
    // Only after the event was taken, so that a failure there is repaired by the replay.
    this.cursor = id || (event.name === "hello" && event.data.cursor) || this.cursor;
  }
}
