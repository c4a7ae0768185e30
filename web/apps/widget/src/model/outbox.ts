// Sends what the visitor wrote, one message after the other and each until it is confirmed or refused.
// Every message carries an id of its own, so sending it again after a lost answer does no harm.
import type { PageContext } from "@rapport/loader/protocol";
import { ApiError, type Client } from "../api/client";
import { retryDelay } from "./backoff";
import { randomId } from "./random-id";
import type { Pending } from "./state";
import type { Store } from "./store";

export interface OutboxSurroundings {
  /** Makes sure that there is a visitor token. */
  ready(): Promise<void>;
  page(): PageContext | null;
  delivered(): void;
  refused(error: ApiError): void;
}

export class Outbox {
  #busy = false;
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly store: Store,
    readonly client: Client,
    readonly surroundings: OutboxSurroundings,
  ) {}

  add(message: Omit<Pending, "clientId" | "createdAt" | "status">): void {
    const pending: Pending = {
      ...message,
      clientId: randomId(),
      createdAt: Date.now(),
      status: "sending",
    };
    this.store.apply({ type: "queue", pending });
    this.flush();
  }

  retry(clientId: string): void {
    this.store.apply({
      type: "pending",
      clientId,
      patch: { status: "sending", code: undefined, retryAt: undefined },
    });
    this.flush();
  }

  discard(clientId: string): void {
    this.store.apply({ type: "discard", clientId });
  }

  /** Also called when the connection is back. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#busy) {
      return;
    }
    this.#busy = true;
    try {
      for (let next = this.#next(); next; next = this.#next()) {
        if (!(await this.#deliver(next))) {
          break;
        }
      }
    } finally {
      this.#busy = false;
    }
  }

  #next(): Pending | undefined {
    return this.store.state.pending.find(({ status }) => status !== "failed");
  }

  /** Answers false when the queue has to pause. */
  async #deliver(pending: Pending): Promise<boolean> {
    const { clientId } = pending;
    try {
      await this.surroundings.ready();
      const sent = await this.#post(pending);
      this.#attempt = 0;
      this.store.apply({ type: "sent", sent });
      this.surroundings.delivered();
      return true;
    } catch (cause) {
      const error = cause instanceof ApiError ? cause : new ApiError("failed");
      if (error.temporary) {
        this.store.apply({ type: "pending", clientId, patch: { status: "waiting" } });
        this.#timer = setTimeout(() => this.flush(), retryDelay(this.#attempt++, Math.random()));
        return false;
      }
      const retryAt =
        error.retryAfterSeconds === undefined
          ? undefined
          : Date.now() + error.retryAfterSeconds * 1_000;
      this.store.apply({
        type: "pending",
        clientId,
        patch: { status: "failed", code: error.code, retryAt },
      });
      this.surroundings.refused(error);
      return true;
    }
  }

  #post({ clientId, text, attachments, offline }: Pending) {
    const page = this.surroundings.page();
    const body = {
      client_id: clientId,
      body_text: text,
      attachment_ids: attachments.map(({ id }) => id),
      ...(page && { page: { url: page.url, title: page.title } }),
    };
    return offline
      ? this.client.sendOffline({
          ...body,
          email: offline.email,
          ...(offline.name && { name: offline.name }),
        })
      : this.client.send(body);
  }
}
