/**
 * Drafts: one for each conversation and mode. Every keystroke is kept in this browser, and a pause
 * sends it to the server, one save at a time, so that no draft is lost and none overtakes another.
 */
import type { Attachment, Draft, DraftBody, DraftMode, Recipient } from "@rapport/api";

export interface DraftContent {
  text: string;
  html: string | null;
  /** Null where the conversation's defaults still hold. */
  subject: string | null;
  to: Recipient[] | null;
  cc: Recipient[] | null;
  bcc: Recipient[] | null;
  attachments: Attachment[];
  addressId: string | null;
  channelAccountId: string | null;
  /** The last message on screen when the writer began. */
  seenMessageId: string | null;
  updatedAt: string;
}

export const emptyDraft: DraftContent = {
  text: "",
  html: null,
  subject: null,
  to: null,
  cc: null,
  bcc: null,
  attachments: [],
  addressId: null,
  channelAccountId: null,
  seenMessageId: null,
  updatedAt: "",
};

export const isEmptyDraft = (draft: DraftContent) =>
  draft.text.trim() === "" && draft.attachments.length === 0;

export interface DraftServer {
  load: (conversationId: string, mode: DraftMode) => Promise<Draft | null>;
  save: (conversationId: string, mode: DraftMode, body: DraftBody) => Promise<Draft>;
  remove: (conversationId: string, mode: DraftMode) => Promise<unknown>;
}

interface Entry {
  content: DraftContent;
  /** Changes the server has not been told. */
  dirty: boolean;
  saving: Promise<void> | null;
  localTimer: ReturnType<typeof setTimeout> | null;
  serverTimer: ReturnType<typeof setTimeout> | null;
  loaded: boolean;
  /** When it was last emptied here; news of an older text must not bring that text back. */
  clearedAt: string;
}

export type SaveState = "idle" | "saving" | "saved" | "local";

const localDelay = 300;
const serverDelay = 1_000;

export class DraftStore {
  readonly #entries = new Map<string, Entry>();
  readonly #states = new Map<string, SaveState>();
  readonly #listeners = new Set<() => void>();
  readonly #server: DraftServer;
  readonly #storage: Storage;
  readonly #prefix: string;

  constructor(userId: string, server: DraftServer, storage: Storage) {
    this.#server = server;
    this.#storage = storage;
    this.#prefix = `rapport.draft.${userId}.`;
  }

  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get(id: string, mode: DraftMode): DraftContent {
    return this.#entry(id, mode).content;
  }

  state(id: string, mode: DraftMode): SaveState {
    return this.#states.get(this.#key(id, mode)) ?? "idle";
  }

  /** Changes the draft and plans to keep it, here soon and on the server after a pause. */
  change(id: string, mode: DraftMode, change: Partial<DraftContent>) {
    const entry = this.#entry(id, mode);
    entry.content = { ...entry.content, ...change, updatedAt: new Date().toISOString() };
    entry.dirty = true;
    // What is written here is newer than anything the server could still send.
    entry.loaded = true;
    if (entry.localTimer) clearTimeout(entry.localTimer);
    entry.localTimer = setTimeout(() => this.#keep(id, mode), localDelay);
    if (entry.serverTimer) clearTimeout(entry.serverTimer);
    entry.serverTimer = setTimeout(() => void this.flush(id, mode), serverDelay);
    this.#announce();
  }

  /** Takes the server's copy when it is newer than what is here, such as one begun on a phone. */
  async load(id: string, mode: DraftMode): Promise<void> {
    const entry = this.#entry(id, mode);
    if (entry.loaded) return;
    entry.loaded = true;
    try {
      this.adopt(id, mode, await this.#server.load(id, mode));
    } catch {
      entry.loaded = false;
    }
  }

  adopt(id: string, mode: DraftMode, draft: Draft | null) {
    const entry = this.#entry(id, mode);
    if (!draft || entry.dirty || entry.saving) return;
    if (draft.updated_at <= entry.clearedAt) return;
    if (entry.content.updatedAt && entry.content.updatedAt >= draft.updated_at) return;
    const known = new Map(entry.content.attachments.map((file) => [file.id, file]));
    const listed = (draft as { attachments?: Attachment[] }).attachments ?? [];
    for (const file of listed) known.set(file.id, file);
    entry.content = {
      ...entry.content,
      text: draft.body_text,
      html: draft.body_html,
      subject: draft.subject,
      ...this.#chosen(entry.content, draft),
      bcc: draft.bcc.length > 0 ? draft.bcc : null,
      attachments: draft.attachment_ids.flatMap((fileId) => known.get(fileId) ?? []),
      channelAccountId: draft.channel_account_id,
      updatedAt: draft.updated_at,
    };
    this.#keep(id, mode);
    this.#announce();
  }

  /**
   * The server keeps no difference between nobody chosen and everybody taken away. Whoever was taken away here
   * stays away, and who gets a copy was chosen together with whom it goes to.
   */
  #chosen(here: DraftContent, { to, cc }: Draft): Pick<DraftContent, "to" | "cc"> {
    if (to.length > 0) return { to, cc };
    if (here.to?.length === 0) return { to: [], cc };
    return { to: null, cc: cc.length > 0 ? cc : null };
  }

  /** Empties the draft, here at once and on the server as soon as it has nothing else to save. */
  clear(id: string, mode: DraftMode) {
    const entry = this.#entry(id, mode);
    if (entry.localTimer) clearTimeout(entry.localTimer);
    if (entry.serverTimer) clearTimeout(entry.serverTimer);
    const hadServerCopy = entry.content.updatedAt !== "";
    entry.content = emptyDraft;
    entry.clearedAt = new Date().toISOString();
    entry.dirty = hadServerCopy;
    this.#keep(id, mode);
    this.#announce();
    if (hadServerCopy) void this.flush(id, mode);
  }

  async flush(id: string, mode: DraftMode): Promise<void> {
    const entry = this.#entry(id, mode);
    if (entry.saving) await entry.saving;
    if (!entry.dirty || entry.saving) return;
    entry.dirty = false;
    entry.saving = this.#store(id, mode, entry);
    await entry.saving;
    entry.saving = null;
  }

  flushAll() {
    for (const key of this.#entries.keys()) {
      const [id, mode] = key.split("|") as [string, DraftMode];
      this.#keep(id, mode);
      void this.flush(id, mode);
    }
  }

  async #store(id: string, mode: DraftMode, entry: Entry) {
    const { content } = entry;
    this.#setState(id, mode, "saving");
    try {
      if (isEmptyDraft(content)) {
        await this.#server.remove(id, mode);
        this.#setState(id, mode, "idle");
      } else {
        await this.#server.save(id, mode, {
          body_text: content.text,
          body_html: content.html,
          subject: content.subject,
          to: content.to ?? [],
          cc: content.cc ?? [],
          bcc: content.bcc ?? [],
          attachment_ids: content.attachments.map((file) => file.id),
          channel_account_id: content.channelAccountId,
        });
        this.#setState(id, mode, "saved");
      }
    } catch {
      // The copy in this browser is safe; the next change or flush tries the server again.
      entry.dirty = true;
      this.#setState(id, mode, isEmptyDraft(content) ? "idle" : "local");
    }
  }

  #entry(id: string, mode: DraftMode): Entry {
    const key = this.#key(id, mode);
    const known = this.#entries.get(key);
    if (known) return known;
    const entry: Entry = {
      content: this.#recall(key),
      dirty: false,
      saving: null,
      localTimer: null,
      serverTimer: null,
      loaded: false,
      clearedAt: "",
    };
    this.#entries.set(key, entry);
    return entry;
  }

  #key = (id: string, mode: DraftMode) => `${id}|${mode}`;

  #recall(key: string): DraftContent {
    try {
      const raw = this.#storage.getItem(this.#prefix + key);
      return raw ? { ...emptyDraft, ...(JSON.parse(raw) as Partial<DraftContent>) } : emptyDraft;
    } catch {
      return emptyDraft;
    }
  }

  #keep(id: string, mode: DraftMode) {
    const key = this.#key(id, mode);
    const { content } = this.#entry(id, mode);
    try {
      if (isEmptyDraft(content)) this.#storage.removeItem(this.#prefix + key);
      else this.#storage.setItem(this.#prefix + key, JSON.stringify(content));
    } catch {
      // Without storage the server copy is the only one.
    }
  }

  #setState(id: string, mode: DraftMode, state: SaveState) {
    this.#states.set(this.#key(id, mode), state);
    this.#announce();
  }

  #announce() {
    for (const listener of this.#listeners) listener();
  }
}
