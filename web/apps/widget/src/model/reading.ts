// What the visitor has seen. What has been in view for a moment counts as read.
import type { Client } from "../api/client";
import { isIncoming } from "./state";
import type { Store } from "./store";

const readAfterMs = 1_000;

export class Reading {
  #last = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `tell` hands the number of unread messages on to the surroundings. */
  constructor(
    readonly store: Store,
    readonly client: Client,
    readonly tell: (unread: number) => void,
  ) {}

  watching(): boolean {
    return this.store.state.open && document.visibilityState === "visible";
  }

  setUnread(unread: number): void {
    this.store.patch({ unread });
    this.tell(unread);
  }

  mark(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const newest = this.store.state.messages.findLast(isIncoming);
      if (newest && newest.id !== this.#last && this.client.token && this.watching()) {
        this.#last = newest.id;
        this.setUnread(0);
        this.client.read(newest.id).catch(() => {
          this.#last = "";
        });
      }
    }, readAfterMs);
  }
}
