// Runs the chat: session, live connection, read state, and what the visitor does.
import type { HostState, Identity, PageContext } from "@rapport/loader/protocol";
import { ApiError, type Client } from "../api/client";
import { Stream } from "../api/stream";
import type { StreamEvent } from "../api/types";
import type { Memory } from "./memory";
import { Outbox } from "./outbox";
import { Reading } from "./reading";
import { isIncoming } from "./state";
import { Store } from "./store";
import { Typing } from "./typing";
import { Uploads } from "./uploads";

/** A colleague's last sign of typing counts for this long, so that it can never stick. */
const typingMs = 8_000;
const hiddenGraceMs = 60_000;
const lostAfterMs = 3_000;

const staleMs = 60_000;

const refusals = ["identity_required", "identity_invalid", "origin_refused"];

/** What the surroundings want to know: the host page, or nobody. */
export interface Surroundings {
  unread(count: number): void;
  /** What the host page should keep for this browser; see the loader's protocol. */
  token(value: string | null): void;
  gone(): void;
  event(name: "message" | "error", detail: unknown): void;
}

export class Chat {
  readonly store = new Store();
  readonly outbox: Outbox;
  readonly uploads: Uploads;
  readonly #reading: Reading;
  readonly #typing: Typing;
  readonly #stream: Stream;
  #identity: Identity | null = null;
  #page: PageContext | null = null;
  #resets = 0;
  #configAt = 0;
  /** Counts beginnings, so that an answer meant for the previous visitor is dropped. */
  #epoch = 0;
  #session: Promise<void> | undefined;
  #typingTimer: ReturnType<typeof setTimeout> | undefined;
  #hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  #lostTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly client: Client,
    readonly memory: Memory,
    readonly around: Surroundings,
  ) {
    const ready = () => this.#ensureSession();
    this.outbox = new Outbox(this.store, client, {
      ready,
      page: () => this.#page,
      // Where a message got through, the live connection will too.
      delivered: () => this.#stream.hurry(),
      refused: (error) => this.#refused(error),
    });
    this.uploads = new Uploads(this.store, client, ready);
    this.#reading = new Reading(this.store, client, (unread) => around.unread(unread));
    this.#typing = new Typing((active) => {
      if (client.token && this.store.state.conversation) {
        client.typing(active).catch(() => undefined);
      }
    });
    this.#stream = new Stream(client, {
      event: (event) => this.#received(event),
      connected: (connected) => this.#connected(connected),
      refused: (code) => this.#refused(new ApiError(code)),
    });
    document.addEventListener("visibilitychange", () => this.#visibility());
    addEventListener("online", () => this.#wake());
    addEventListener("offline", () => this.#stream.cut());
  }

  /** `host` is null when the page is not embedded. */
  async start(host: HostState | null): Promise<void> {
    this.#identity = host?.identity ?? null;
    this.#page = host?.page ?? null;
    this.#resets = host?.resets ?? 0;
    this.store.patch({ open: host?.open ?? true });
    this.client.token = this.memory.token ?? realToken(host?.token);
    if (this.#resets > 0) {
      this.forget();
    }
    await this.#begin();
  }

  /** Loads the settings, then opens the session of whoever is here now. */
  async #begin(): Promise<void> {
    const epoch = ++this.#epoch;
    this.#session = undefined;
    this.#stream.stop();
    this.store.patch({ phase: "starting" });
    try {
      await this.#loadConfig();
      if (this.client.token || this.#identity) {
        await this.#ensureSession();
      } else if (this.store.state.config?.require_identity) {
        throw new ApiError("identity_required");
      } else {
        // Looking costs nothing: a session begins with the first thing that the visitor sends.
        this.store.patch({ phase: "ready" });
      }
    } catch (error) {
      if (epoch === this.#epoch) {
        this.#refused(error);
      }
    }
  }

  async #loadConfig(): Promise<void> {
    const config = await this.client.config();
    this.#configAt = Date.now();
    this.store.patch({ config, agentsOnline: config.agents_online });
  }

  /** The host page changed something. */
  async hostChanged(host: HostState): Promise<void> {
    this.#page = host.page;
    if (host.open !== this.store.state.open) {
      this.store.patch({ open: host.open });
      this.#typing.stop();
      this.#reading.mark();
      if (host.open) {
        this.#opened();
      }
    }
    const identified = JSON.stringify(host.identity) !== JSON.stringify(this.#identity);
    this.#identity = host.identity;
    if (host.resets > this.#resets) {
      this.#resets = host.resets;
      this.forget();
      if (this.#identity || this.store.state.config?.require_identity) {
        await this.#begin();
      }
    } else if (identified && host.identity) {
      await this.#begin();
    }
  }

  #opened(): void {
    if (this.store.state.phase === "failed") {
      this.#begin();
    } else if (!this.client.token && Date.now() - this.#configAt > staleMs) {
      // Without a live connection, this is how the panel learns whether somebody is there.
      this.#loadConfig().catch(() => undefined);
    }
    this.#wake();
  }

  /** Drops the visitor here and on the server. */
  forget(): void {
    this.#epoch++;
    this.#session = undefined;
    this.#stream.stop();
    this.#stream.cursor = "";
    this.uploads.clear();
    this.memory.draft = "";
    if (this.client.token) {
      this.client.endSession().catch(() => undefined);
    }
    this.#keepToken(null, false);
    this.store.apply({ type: "forget" });
    this.around.unread(0);
  }

  write(text: string): void {
    this.memory.draft = text;
    this.#typing.changed(text);
  }

  send(text: string, offline?: { email: string; name: string }): boolean {
    const trimmed = text.trim();
    const uploading = this.store.state.uploads.some((upload) => !upload.attachment && !upload.code);
    const attached = this.store.state.uploads.some((upload) => upload.attachment);
    if (uploading || (!trimmed && !attached)) {
      return false;
    }
    this.#typing.sent();
    this.memory.draft = "";
    this.outbox.add({ text: trimmed, attachments: this.uploads.take(), offline });
    return true;
  }

  /** Rejects with the server's reasons, field by field. */
  async answerPreChat(fields: Record<string, string>): Promise<void> {
    await this.#ensureSession();
    const { visitor } = await this.client.answerPreChat(fields);
    this.store.patch({ visitor });
    for (const { clientId, code } of this.store.state.pending) {
      if (code === "pre_chat_required") {
        this.outbox.retry(clientId);
      }
    }
  }

  async loadOlder(): Promise<void> {
    const { messages, hasMore, loadingOlder } = this.store.state;
    const before = messages[0]?.id;
    if (!before || !hasMore || loadingOlder) {
      return;
    }
    const epoch = this.#epoch;
    this.store.patch({ loadingOlder: true });
    try {
      const page = await this.client.olderMessages(before);
      if (epoch === this.#epoch) {
        this.store.apply({ type: "older", messages: page.messages, hasMore: page.has_more });
      }
    } catch (error) {
      this.store.patch({ loadingOlder: false });
      if (!(error instanceof ApiError && error.temporary)) {
        this.#refused(error);
      }
    }
  }

  /** From the failure page. */
  retry(): void {
    this.#begin();
  }

  #ensureSession(): Promise<void> {
    this.#session ??= this.#openSession().catch((error) => {
      this.#session = undefined;
      throw error;
    });
    return this.#session;
  }

  async #openSession(): Promise<void> {
    const epoch = this.#epoch;
    let session: Awaited<ReturnType<Client["openSession"]>>;
    try {
      session = await this.client.openSession(this.#page, this.#identity);
    } catch (error) {
      if (!(error instanceof ApiError && error.code === "token_invalid" && this.client.token)) {
        throw error;
      }
      this.#keepToken(null, false);
      session = await this.client.openSession(this.#page, this.#identity);
    }
    if (epoch !== this.#epoch) {
      throw new ApiError("network");
    }
    const previous = this.store.state.visitor;
    if (previous && previous.id !== session.visitor.id) {
      // Somebody else is here now: nothing that was sent before belongs to them.
      this.uploads.clear();
      if (previous.verified) {
        this.memory.draft = "";
      }
      this.store.apply({ type: "forget" });
    }
    this.#keepToken(session.token, session.visitor.verified);
    this.#stream.cursor = session.cursor;
    this.store.apply({ type: "session", session });
    this.around.unread(session.unread_count);
    this.#visibility();
    this.#reading.mark();
  }

  #keepToken(token: string | null, verified: boolean): void {
    this.client.token = token;
    this.memory.token = token;
    // A site that identifies its visitors does so again on every page; it needs no copy of the token.
    this.around.token(token && verified ? "here" : token);
  }

  #received(event: StreamEvent): void {
    switch (event.name) {
      case "hello":
      case "presence":
        this.store.patch({ agentsOnline: event.data.agents_online });
        break;
      case "message":
        this.#arrived(event.data);
        break;
      case "conversation":
        this.store.patch({ conversation: event.data.conversation });
        break;
      case "seen":
        this.store.patch({ seenMessageId: event.data.message_id });
        break;
      case "read":
        this.#reading.setUnread(event.data.unread_count);
        break;
      case "typing":
        clearTimeout(this.#typingTimer);
        this.store.apply({ type: "typing", ...event.data });
        this.#typingTimer = setTimeout(() => this.store.patch({ typing: null }), typingMs);
        break;
      case "resync_required":
        this.#stream.stop();
        this.#session = undefined;
        this.#ensureSession().catch((error) => this.#refused(error));
        break;
      case "session_ended":
        this.#stream.stop();
        this.#refused(new ApiError(event.data.code));
    }
  }

  #arrived(data: Extract<StreamEvent, { name: "message" }>["data"]): void {
    const before = this.store.state.unread;
    this.store.apply({ type: "message", ...data, visible: this.#reading.watching() });
    if (this.store.state.unread !== before) {
      this.around.unread(this.store.state.unread);
    }
    if (isIncoming(data.message)) {
      this.around.event("message", { id: data.message.id, author: data.message.author });
      this.#reading.mark();
    }
  }

  /** A tab that nobody looks at gives its connection back after a while. */
  #visibility(): void {
    clearTimeout(this.#hiddenTimer);
    if (document.visibilityState === "visible") {
      this.#wake();
      this.#reading.mark();
    } else {
      this.#hiddenTimer = setTimeout(() => this.#stream.stop(), hiddenGraceMs);
    }
  }

  #wake(): void {
    if (this.client.token && this.store.state.visitor) {
      this.#stream.start();
      this.#stream.hurry();
    }
    this.outbox.flush();
  }

  #connected(connected: boolean): void {
    if (connected) {
      clearTimeout(this.#lostTimer);
      this.#lostTimer = undefined;
      this.store.patch({ connected: true });
      this.outbox.flush();
    } else {
      // Short interruptions are repaired before anybody needs to know.
      this.#lostTimer ??= setTimeout(() => this.store.patch({ connected: false }), lostAfterMs);
    }
  }

  #refused(error: unknown): void {
    const code = error instanceof ApiError ? error.code : "failed";
    this.around.event("error", { code });
    if (code === "widget_not_found") {
      this.#stream.stop();
      this.around.gone();
      this.store.patch({ phase: "blocked", blockedBy: code });
    } else if (refusals.includes(code)) {
      this.#stream.stop();
      this.store.apply({ type: "forget" });
      this.around.unread(0);
      this.store.patch({ phase: "blocked", blockedBy: code });
    } else if (code === "pre_chat_required") {
      const { visitor } = this.store.state;
      this.store.patch({ visitor: visitor && { ...visitor, pre_chat_done: false } });
    } else if (code === "token_invalid") {
      this.#keepToken(null, false);
      this.#session = undefined;
      this.store.patch({ messages: [], conversation: null, visitor: null, hasMore: false });
      this.#reading.setUnread(0);
    } else if (this.store.state.phase === "starting") {
      this.store.patch({ phase: "failed" });
    }
  }
}

const realToken = (token: string | null | undefined) => (token && token !== "here" ? token : null);
