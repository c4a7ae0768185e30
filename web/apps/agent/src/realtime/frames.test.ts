import { describe, expect, it } from "vitest";
import { reconnectDelay } from "./event-stream";
import { eventFromFrame, FrameParser } from "./frames";

describe("event frames", () => {
  it("are found wherever the network cuts the stream", () => {
    const text =
      'id: 7\nevent: user.online\ndata: {"a":1}\n\n: ping\n\nevent: hello\r\ndata: {"seq":7}\r\n\r\n';
    for (let cut = 1; cut < text.length; cut += 1) {
      const parser = new FrameParser();
      const frames = [...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))];
      expect(frames).toEqual([
        { id: "7", event: "user.online", data: '{"a":1}' },
        { id: null, event: "hello", data: '{"seq":7}' },
      ]);
    }
  });

  it("give short-lived events the shape of durable ones", () => {
    const frame = { id: null, event: "user.online", data: '{"user_id":"usr_1","online":true}' };
    expect(eventFromFrame(frame)).toEqual({
      name: "user.online",
      data: { user_id: "usr_1", online: true },
    });
  });

  it("are skipped when they are no JSON", () => {
    expect(eventFromFrame({ id: "1", event: "x", data: "{" })).toBeNull();
  });
});

describe("reconnecting", () => {
  it("waits longer each time, never longer than half a minute", () => {
    expect([0, 1, 2, 3].map((attempt) => reconnectDelay(attempt, 1))).toEqual([
      500, 1000, 2000, 4000,
    ]);
    expect(reconnectDelay(50, 1)).toBe(30_000);
    expect(reconnectDelay(3, 0)).toBe(0);
  });
});
