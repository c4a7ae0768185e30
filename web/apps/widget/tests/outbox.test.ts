import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, type Client } from "../src/api/client";
import type { Sent } from "../src/api/types";
import { Outbox } from "../src/model/outbox";
import { Store } from "../src/model/store";

interface Body {
  client_id: string;
  body_text: string;
}

function setUp() {
  const store = new Store();
  const bodies: Body[] = [];
  const answers: (ApiError | undefined)[] = [];
  const refused = vi.fn();
  const send = async (body: object): Promise<Sent> => {
    const { client_id, body_text } = body as Body;
    bodies.push({ client_id, body_text });
    const answer = answers.shift();
    if (answer) {
      throw answer;
    }
    return {
      conversation: { id: "cnv_1", status: "open", assignee: null },
      message: {
        id: `msg_${client_id}`,
        client_id,
        author: { kind: "visitor", name: "Ana" },
        body_text,
        attachments: [],
        sent_at: new Date().toISOString(),
      },
    };
  };
  const outbox = new Outbox(store, { send, sendOffline: send } as unknown as Client, {
    ready: async () => {},
    page: () => null,
    delivered: () => {},
    refused,
  });
  const add = (text: string) => outbox.add({ text, attachments: [] });
  return { store, bodies, answers, refused, outbox, add };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const settle = () => vi.advanceTimersByTimeAsync(0);

describe("the outbox", () => {
  it("sends in the order of writing", async () => {
    const { add, bodies, store } = setUp();
    add("one");
    add("two");
    add("three");
    await settle();
    expect(bodies.map((body) => body.body_text)).toEqual(["one", "two", "three"]);
    expect(store.state.pending).toEqual([]);
    expect(store.state.messages).toHaveLength(3);
  });

  it("repeats by itself after a lost connection, with the same id and before later messages", async () => {
    const { add, answers, bodies, store } = setUp();
    answers.push(new ApiError("network"), new ApiError("unavailable", 503));
    add("one");
    add("two");
    await settle();
    expect(store.state.pending.map(({ status }) => status)).toEqual(["waiting", "sending"]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(bodies.map((body) => body.body_text)).toEqual(["one", "one", "one", "two"]);
    expect(new Set(bodies.slice(0, 3).map((body) => body.client_id)).size).toBe(1);
    expect(store.state.pending).toEqual([]);
  });

  it("leaves a refused message to the visitor and goes on with the next", async () => {
    const { add, answers, refused, store, outbox } = setUp();
    answers.push(new ApiError("validation_failed", 422));
    add("bad");
    add("good");
    await settle();
    expect(store.state.messages.map((message) => message.body_text)).toEqual(["good"]);
    const [left] = store.state.pending;
    expect(left).toMatchObject({ text: "bad", status: "failed", code: "validation_failed" });
    expect(refused).toHaveBeenCalledOnce();
    outbox.retry(left?.clientId ?? "");
    await settle();
    expect(store.state.pending).toEqual([]);
  });

  it("remembers when a limit allows the next attempt", async () => {
    vi.setSystemTime(1_000_000);
    const { add, answers, store } = setUp();
    answers.push(new ApiError("rate_limited", 429, 20));
    add("fast");
    await settle();
    expect(store.state.pending[0]).toMatchObject({ status: "failed", retryAt: 1_020_000 });
  });
});
