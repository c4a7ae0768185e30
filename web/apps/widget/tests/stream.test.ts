import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Client } from "../src/api/client";
import { Stream } from "../src/api/stream";

const client = { base: "https://inbox.test/widget/v1/", authorization: {} } as Client;
const hello = new TextEncoder().encode('event: hello\ndata: {"cursor":"7"}\n\n');
const asked: string[] = [];

/** A connection that greets, and then is silent until it is given up. */
function open(url: string, { signal }: { signal: AbortSignal }): Promise<Response> {
  asked.push(url);
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(hello);
      signal.addEventListener("abort", () => controller.error(new DOMException("", "AbortError")));
    },
  });
  return Promise.resolve(new Response(body));
}

beforeEach(() => {
  asked.length = 0;
  vi.stubGlobal("fetch", open);
});
afterEach(() => vi.unstubAllGlobals());

it("notices at once that the network is gone, and resumes when it is back", async () => {
  const states: boolean[] = [];
  const stream = new Stream(client, {
    event: () => {},
    connected: (connected) => states.push(connected),
    refused: () => {},
  });
  stream.start();
  await vi.waitFor(() => expect(states).toEqual([true]));
  stream.cut();
  await vi.waitFor(() => expect(states).toEqual([true, false]));
  stream.hurry();
  await vi.waitFor(() => expect(states).toEqual([true, false, true]));
  expect(asked.map((url) => new URL(url).searchParams.get("after"))).toEqual(["", "7"]);
  stream.stop();
});
