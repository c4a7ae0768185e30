// Splits the bytes of a server-sent event stream into frames (WHATWG HTML, "event stream
// interpretation"). Pure: fed with text, answers with what is complete so far.

export interface Frame {
  id: string | undefined;
  name: string;
  data: string;
}

export class FrameReader {
  #rest = "";

  push(text: string): Frame[] {
    // A carriage return at the very end may be one half of a line break: keep it for the next piece.
    const whole = this.#rest + text;
    const cut = whole.endsWith("\r") ? whole.length - 1 : whole.length;
    const lines = whole.slice(0, cut).replace(/\r\n?/g, "\n");
    const blocks = lines.split("\n\n");
    this.#rest = (blocks.pop() ?? "") + whole.slice(cut);
    return blocks.flatMap(readBlock);
  }
}

function readBlock(block: string): Frame[] {
  const frame: Frame = { id: undefined, name: "message", data: "" };
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const [, field, value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === "data") {
      data.push(value);
    } else if (field === "event") {
      frame.name = value;
    } else if (field === "id") {
      frame.id = value;
    }
  }
  frame.data = data.join("\n");
  return data.length > 0 ? [frame] : [];
}
