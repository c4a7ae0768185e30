import { describe, expect, it } from "vitest";
import { FrameReader } from "../src/api/frames";

const stream =
  ': ping\n\nid: 7\nevent: message\ndata: {"a":1}\n\r\n'.replace("\n\r\n", "\n\n") +
  "event: typing\r\ndata: one\r\ndata: two\r\n\r\n" +
  "data:bare\n\n";

const expected = [
  { id: "7", name: "message", data: '{"a":1}' },
  { id: undefined, name: "typing", data: "one\ntwo" },
  { id: undefined, name: "message", data: "bare" },
];

describe("FrameReader", () => {
  it("reads frames, whatever pieces they come in", () => {
    for (let size = 1; size <= stream.length; size++) {
      const reader = new FrameReader();
      const frames = [];
      for (let start = 0; start < stream.length; start += size) {
        frames.push(...reader.push(stream.slice(start, start + size)));
      }
      expect(frames, `in pieces of ${size}`).toEqual(expected);
    }
  });

  it("keeps an unfinished frame back and ignores comments", () => {
    const reader = new FrameReader();
    expect(reader.push(": ping\n\ndata: x\n")).toEqual([]);
    expect(reader.push("\n")).toEqual([{ id: undefined, name: "message", data: "x" }]);
  });
});
