/** The transport: one configured client, and one error type whose `code` callers decide on. */
import createClient from "openapi-fetch";
import type { paths } from "./generated/schema";
import type { FieldError, Problem } from "./types";

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  readonly retryAfterSeconds: number | null;
  readonly problem: Problem;

  constructor(problem: Problem, retryAfterSeconds: number | null = null) {
    super(problem.detail || problem.title);
    this.name = "ApiError";
    this.status = problem.status;
    this.code = problem.code;
    this.requestId = problem.request_id ?? null;
    this.retryAfterSeconds = retryAfterSeconds;
    this.problem = problem;
  }

  get fieldErrors(): FieldError[] {
    return this.problem.errors ?? [];
  }
  /** True when the server was not reached at all, so that trying again may help. */
  get isNetwork(): boolean {
    return this.status === 0;
  }
}

/** Cross-site pages cannot add a header without a preflight, so its presence proves the origin. */
export const csrfHeaders = { "X-Rapport-Csrf": "1" } as const;

// `fetch` is looked up on each call so that tests and extensions may replace it.
export const client = createClient<paths>({
  baseUrl: "",
  headers: csrfHeaders,
  credentials: "same-origin",
  fetch: (request) => globalThis.fetch(request),
});

type UnauthenticatedListener = () => void;
const unauthenticatedListeners = new Set<UnauthenticatedListener>();

/** Called whenever an answer says that the sign-in has ended. Returns the way to stop listening. */
export function onUnauthenticated(listener: UnauthenticatedListener): () => void {
  unauthenticatedListeners.add(listener);
  return () => unauthenticatedListeners.delete(listener);
}

export function problemFrom(status: number, body: unknown): Problem {
  if (body && typeof body === "object" && "code" in body) return body as Problem;
  return { title: `The server answered ${status}.`, status, code: `http_${status}` };
}

export function retryAfter(headers: Headers): number | null {
  const seconds = Number(headers.get("Retry-After"));
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null;
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** Turns an answer into its data, or throws an {@link ApiError}. */
export async function answer<T>(pending: Promise<Answer<T>>): Promise<T> {
  let result: Answer<T>;
  try {
    result = await pending;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError({
      title: "The server cannot be reached.",
      status: 0,
      code: "network",
    });
  }
  const { response } = result;
  if (response.ok) return result.data as T;
  const error = new ApiError(
    problemFrom(response.status, result.error),
    retryAfter(response.headers),
  );
  if (error.status === 401 && error.code !== "invalid_credentials") {
    for (const listener of unauthenticatedListeners) listener();
  }
  throw error;
}
