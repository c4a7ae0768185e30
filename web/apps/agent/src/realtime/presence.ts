/**
 * Tells colleagues which conversation is looked at here, and whether a reply is being written.
 * A heartbeat keeps it true; silence ends it on its own.
 */
import { api, type DraftMode } from "@rapport/api";

const heartbeat = 20_000;
const idleAfter = 120_000;
const typingRefresh = 4_000;
const typingEnds = 6_000;

class PresenceReporter {
  #conversationId: string | null = null;
  #timer: number | null = null;
  #lastInput = Date.now();
  #typingSentAt = 0;
  #typingTimer: number | null = null;
  #sent: string | null = null;

  constructor() {
    const onInput = () => {
      const wasIdle = this.#isIdle();
      this.#lastInput = Date.now();
      if (wasIdle) this.#beat();
    };
    window.addEventListener("keydown", onInput, { passive: true });
    window.addEventListener("pointerdown", onInput, { passive: true });
    window.addEventListener("pointermove", onInput, { passive: true });
    document.addEventListener("visibilitychange", () => this.#beat());
  }

  look(conversationId: string) {
    if (this.#conversationId === conversationId) return;
    this.leave();
    this.#conversationId = conversationId;
    this.#sent = null;
    this.#beat();
    this.#timer = window.setInterval(() => {
      this.#sent = null;
      this.#beat();
    }, heartbeat);
  }

  leave() {
    if (this.#timer !== null) window.clearInterval(this.#timer);
    if (this.#typingTimer !== null) window.clearTimeout(this.#typingTimer);
    this.#timer = null;
    this.#typingTimer = null;
    this.#typingSentAt = 0;
    if (this.#conversationId) this.#post("left");
    this.#conversationId = null;
  }

  typing(mode: DraftMode) {
    const now = Date.now();
    if (!this.#conversationId) return;
    if (this.#typingTimer !== null) window.clearTimeout(this.#typingTimer);
    this.#typingTimer = window.setTimeout(() => this.stopTyping(), typingEnds);
    if (now - this.#typingSentAt < typingRefresh) return;
    this.#typingSentAt = now;
    this.#post("typing", mode);
  }

  stopTyping() {
    if (this.#typingTimer !== null) window.clearTimeout(this.#typingTimer);
    this.#typingTimer = null;
    if (this.#typingSentAt === 0) return;
    this.#typingSentAt = 0;
    this.#sent = null;
    this.#beat();
  }

  #isIdle() {
    return document.visibilityState !== "visible" || Date.now() - this.#lastInput > idleAfter;
  }

  #beat() {
    if (!this.#conversationId || this.#typingSentAt > 0) return;
    const state = this.#isIdle() ? "idle" : "viewing";
    if (state === this.#sent) return;
    this.#sent = state;
    this.#post(state);
  }

  #post(state: "viewing" | "idle" | "typing" | "left", mode?: DraftMode) {
    if (!this.#conversationId) return;
    // Presence is worth nothing a moment later, so a failure is not repeated.
    api.presence(this.#conversationId, mode ? { state, mode } : { state }).catch(() => undefined);
  }
}

export const presence = new PresenceReporter();
