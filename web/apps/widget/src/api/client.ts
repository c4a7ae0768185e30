// One function per route of the widget API. Holds the visitor token; knows nothing of the screen.
import type { Identity, PageContext } from "@rapport/loader/protocol";
import type { Attachment, Config, Message, Sent, Session, Visitor } from "./types";

/** `code` is the server's stable code, or `network` when no answer came. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly status = 0,
    /** Seconds to wait, when the server said so. */
    readonly retryAfterSeconds: number | undefined = undefined,
    readonly fields: { field: string; message: string }[] = [],
  ) {
    super(code);
  }

  /** The same request may succeed later without being changed. */
  get temporary(): boolean {
    return this.code === "network" || this.status >= 500;
  }
}

export function toError(status: number, retryAfter: string | null, body: unknown): ApiError {
  const problem = (typeof body === "object" && body !== null ? body : {}) as {
    code?: unknown;
    errors?: { field: string; message: string }[];
  };
  const seconds = Number(retryAfter ?? Number.NaN);
  return new ApiError(
    typeof problem.code === "string" ? problem.code : status === 429 ? "rate_limited" : "failed",
    status,
    Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : undefined,
    Array.isArray(problem.errors) ? problem.errors : [],
  );
}

const requestTimeoutMs = 20_000;

export class Client {
  token: string | null = null;

  constructor(
    /** Ends in a slash. */
    readonly base: string,
    readonly key: string,
    readonly host: string | null,
  ) {}

  get authorization(): Record<string, string> {
    return this.token ? { authorization: `Bearer ${this.token}` } : {};
  }

  config(): Promise<Config> {
    const query = new URLSearchParams({ key: this.key });
    if (this.host) {
      query.set("host", this.host);
    }
    return this.#request("GET", `config?${query}`);
  }

  openSession(page: PageContext | null, identity: Identity | null): Promise<Session> {
    return this.#request("POST", "session", {
      key: this.key,
      ...(this.host && { host: this.host }),
      ...(page && { page }),
      ...(identity && { identity }),
    });
  }

  endSession(): Promise<void> {
    return this.#request("DELETE", "session");
  }

  answerPreChat(fields: Record<string, string>): Promise<{ visitor: Visitor }> {
    return this.#request("POST", "prechat", { fields });
  }

  olderMessages(before: string): Promise<{ messages: Message[]; has_more: boolean }> {
    return this.#request("GET", `messages?before=${encodeURIComponent(before)}`);
  }

  send(body: object): Promise<Sent> {
    return this.#request("POST", "messages", body);
  }

  sendOffline(body: object): Promise<Sent> {
    return this.#request("POST", "offline", body);
  }

  typing(active: boolean): Promise<void> {
    return this.#request("POST", "typing", { active });
  }

  read(message_id: string): Promise<{ unread_count: number }> {
    return this.#request("POST", "read", { message_id });
  }

  removeAttachment(id: string): Promise<void> {
    return this.#request("DELETE", `attachments/${encodeURIComponent(id)}`);
  }

  /** `fetch` cannot report how much of a body has left, so this one is an XMLHttpRequest. */
  upload(
    file: File,
    progress: (fraction: number) => void,
    signal: AbortSignal,
  ): Promise<Attachment> {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const form = new FormData();
      form.append("file", file, file.name);
      request.open("POST", `${this.base}attachments`);
      request.responseType = "json";
      for (const [name, value] of Object.entries(this.authorization)) {
        request.setRequestHeader(name, value);
      }
      request.upload.onprogress = (event) => {
        if (event.lengthComputable) {
          progress(event.loaded / event.total);
        }
      };
      request.onload = () =>
        request.status === 201 && request.response
          ? resolve(request.response)
          : reject(
              toError(request.status, request.getResponseHeader("retry-after"), request.response),
            );
      request.onerror = request.onabort = () => reject(new ApiError("network"));
      signal.addEventListener("abort", () => request.abort());
      request.send(form);
    });
  }

  async #request<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    let response: Response;
    let answer: unknown;
    try {
      response = await fetch(this.base + path, {
        method,
        headers: {
          ...this.authorization,
          ...(body && { "content-type": "application/json" }),
        },
        ...(body && { body: JSON.stringify(body) }),
        credentials: "omit",
        signal: AbortSignal.timeout(requestTimeoutMs),
      });
      const text = await response.text();
      answer = text ? parse(text) : undefined;
    } catch {
      throw new ApiError("network");
    }
    if (!response.ok) {
      throw toError(response.status, response.headers.get("retry-after"), answer);
    }
    return answer as Answer;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
