/** The HTTP API as one signed-in person, for setting up what a test does not want to click together. */

export interface Conversation {
  id: string;
  number: number;
  status: string;
  assignee: { id: string; name: string } | null;
  contact: { id: string; display_name: string } | null;
  channel_account_id: string | null;
  unread_count: number;
}

export interface Message {
  id: string;
  kind: "message" | "note";
  direction: string;
  body_text: string;
  to: { address: string }[];
  delivery: { status: string; reason: string | null } | null;
}

export interface ChannelAccount {
  id: string;
  name: string;
  widget_key?: string;
  health: { state: string; last_error: string | null };
}

export interface Person {
  id: string;
  name: string;
  email: string;
  password: string;
}

type Json = Record<string, unknown>;

export class ApiFailure extends Error {
  readonly status: number;
  readonly problem: Json;

  constructor(call: string, status: number, problem: Json) {
    super(`${call}: ${status} ${JSON.stringify(problem)}`);
    this.status = status;
    this.problem = problem;
  }
}

export class Api {
  readonly url: string;
  private cookie = "";

  constructor(url: string) {
    this.url = url;
  }

  /** The value of the session cookie, for a browser that should be signed in already. */
  get sessionCookie(): string {
    return this.cookie.slice(this.cookie.indexOf("=") + 1);
  }

  async request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers: Record<string, string> = { "X-Rapport-Csrf": "1", Cookie: this.cookie };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    return this.send<T>(
      method,
      path,
      headers,
      body === undefined ? undefined : JSON.stringify(body),
    );
  }

  get<T>(path: string): Promise<T> {
    return this.request<T>("GET", path);
  }

  post<T>(path: string, body: unknown = {}): Promise<T> {
    return this.request<T>("POST", path, body);
  }

  async logIn(email: string, password: string) {
    await this.post("/auth/login", { email, password });
  }

  /** Hands over a message exactly as given, as a mail server's pipe does. */
  async ingest(accountId: string, raw: string | Uint8Array): Promise<{ conversation_id: string }> {
    const bytes = typeof raw === "string" ? new TextEncoder().encode(raw) : raw;
    const headers = {
      "X-Rapport-Csrf": "1",
      Cookie: this.cookie,
      "Content-Type": "message/rfc822",
    };
    return this.send("POST", `/ingest/email/${accountId}`, headers, bytes);
  }

  private async send<T>(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string | Uint8Array,
  ): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers,
      body: body as BodyInit | undefined,
    });
    const cookie = answer.headers
      .getSetCookie()
      .find((line) => line.startsWith("rapport_session="));
    if (cookie) this.cookie = cookie.split(";", 1)[0] ?? "";
    const text = await answer.text();
    const value = text ? (JSON.parse(text) as Json) : {};
    if (!answer.ok) throw new ApiFailure(`${method} ${path}`, answer.status, value);
    return value as T;
  }
}
