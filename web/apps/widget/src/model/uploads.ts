// Files on their way to the server, before they are part of a message.
import { ApiError, type Client } from "../api/client";
import { randomId } from "./random-id";
import type { Store } from "./store";

export class Uploads {
  readonly #aborts = new Map<string, AbortController>();

  constructor(
    readonly store: Store,
    readonly client: Client,
    readonly ready: () => Promise<void>,
  ) {}

  add(files: Iterable<File>): void {
    for (const file of files) {
      this.#start(file);
    }
  }

  remove(id: string): void {
    const upload = this.store.state.uploads.find((item) => item.id === id);
    this.#aborts.get(id)?.abort();
    this.#aborts.delete(id);
    this.store.apply({ type: "dropUploads", ids: [id] });
    if (upload?.attachment) {
      // The server sweeps unsent files anyway, so a failure here needs no answer.
      this.client.removeAttachment(upload.attachment.id).catch(() => undefined);
    }
  }

  /** Hands out what has arrived and forgets it; failed files are dropped with it. */
  take() {
    const { uploads } = this.store.state;
    this.store.apply({ type: "dropUploads", ids: uploads.map(({ id }) => id) });
    return uploads.flatMap(({ attachment }) => attachment ?? []);
  }

  clear(): void {
    for (const abort of this.#aborts.values()) {
      abort.abort();
    }
    this.#aborts.clear();
  }

  async #start(file: File): Promise<void> {
    const id = randomId();
    const change = (patch: object) => this.store.apply({ type: "upload", id, patch });
    const refusal = this.#refuse(file);
    change({ fileName: file.name || "file", size: file.size, code: refusal });
    if (refusal) {
      return;
    }
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    try {
      await this.ready();
      const attachment = await this.client.upload(
        file,
        (fraction) => change({ fraction }),
        abort.signal,
      );
      change({ attachment, fraction: 1 });
    } catch (cause) {
      change({ code: cause instanceof ApiError ? cause.code : "failed" });
    } finally {
      this.#aborts.delete(id);
    }
  }

  /** The limits are known, so a file beyond them need not travel first. */
  #refuse(file: File): string | undefined {
    const { config, uploads } = this.store.state;
    const accepted = uploads.filter(({ code }) => !code).length;
    if (config && accepted >= config.attachments.max_count) {
      return "too_many";
    }
    if (config && file.size > config.attachments.max_bytes) {
      return "too_large";
    }
    return file.size === 0 ? "empty_file" : undefined;
  }
}
