/** Server-sent events from a byte stream. `EventSource` would hide the status of a refused answer. */
import type { ServerEvent } from "@rapport/api";

export interface Frame {
  id: string | null;
  event: string;
  data: string;
}

/** Feeds text in as it arrives and yields each frame once it is complete. */
export class FrameParser {
  #buffer = "";

  push(text: string): Frame[] {
    this.#buffer += text;
    const frames: Frame[] = [];
    for (;;) {
      const end = /\r?\n\r?\n/.exec(this.#buffer);
      if (!end) return frames;
      const block = this.#buffer.slice(0, end.index);
      this.#buffer = this.#buffer.slice(end.index + end[0].length);
      const frame = parseBlock(block);
      if (frame) frames.push(frame);
    }
  }
}

function parseBlock(block: string): Frame | null {
  let id: string | null = null;
  let event = "message";
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    if (line === "" || line.startsWith(":")) continue;
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "id") id = value;
    else if (field === "event") event = value;
    else if (field === "data") data.push(value);
  }
  return data.length > 0 ? { id, event, data: data.join("\n") } : null;
}

/** Short-lived events travel without the envelope of durable ones; this gives both one shape. */
export function eventFromFrame(frame: Frame): ServerEvent | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(frame.data);
  } catch {
    return null;
  }
  if (typeof parsed !== "object" || parsed === null) return null;
  if ("name" in parsed && "data" in parsed) return parsed as ServerEvent;
  return { name: frame.event, data: parsed } as unknown as ServerEvent;
}
