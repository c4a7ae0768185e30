import { describe, expect, it } from "vitest";
import type { Config, Message, Session, Visitor } from "../src/api/types";
import { groupMessages } from "../src/model/groups";
import {
  footerFor,
  initialState,
  insert,
  type Pending,
  reduce,
  type State,
} from "../src/model/state";

const at = (minute: number) => new Date(Date.UTC(2026, 10, 18, 9, minute)).toISOString();

function message(id: string, minute: number, more: Partial<Message> = {}): Message {
  return {
    id,
    client_id: null,
    author: { kind: "teammate", name: "Bo" },
    body_text: id,
    attachments: [],
    sent_at: at(minute),
    ...more,
  };
}

const conversation = { id: "cnv_1", status: "open", assignee: null } as const;
const visitor: Visitor = {
  id: "vis_1",
  name: null,
  email: null,
  verified: false,
  pre_chat_done: false,
};
const pending: Pending = {
  clientId: "c1",
  text: "hello",
  attachments: [],
  createdAt: 0,
  status: "sending",
};
const config: Config = {
  site_name: "Shop",
  greeting: "",
  accent_color: "#2f5bd8",
  launcher_position: "end",
  pre_chat_fields: [],
  require_identity: false,
  offline_message: "",
  agents_online: true,
  attachments: { max_bytes: 1, max_count: 1 },
  max_message_length: 10,
};
const session: Session = {
  token: "t",
  visitor,
  conversation,
  messages: [message("m1", 1)],
  has_more: true,
  cursor: "5",
  unread_count: 1,
  seen_message_id: null,
  agents_online: true,
};

const receive = (state: State, arrived: Message, visible = false) =>
  reduce(state, { type: "message", message: arrived, conversation, visible });

describe("messages", () => {
  it("are kept in order and once each, however they come", () => {
    const sorted = insert(
      [message("m2", 2)],
      [message("m3", 3), message("m1", 1), message("m2", 2)],
    );
    expect(sorted.map(({ id }) => id)).toEqual(["m1", "m2", "m3"]);
  });

  it("count as unread once, and only while nobody looks", () => {
    let state = receive(initialState, message("m1", 1));
    state = receive(state, message("m1", 1));
    expect(state.unread).toBe(1);
    expect(receive(state, message("m2", 2), true).unread).toBe(1);
    const own = message("m3", 3, { author: { kind: "visitor", name: "Ana" } });
    expect(receive(state, own).unread).toBe(1);
  });

  it("take the place of what was waiting, whether answer or stream comes first", () => {
    const own = message("m1", 1, { client_id: "c1", author: { kind: "visitor", name: "Ana" } });
    const queued = reduce(initialState, { type: "queue", pending });
    const streamed = receive(queued, own);
    const answered = reduce(streamed, { type: "sent", sent: { message: own, conversation } });
    expect(streamed.pending).toEqual([]);
    expect(answered.pending).toEqual([]);
    expect(answered.messages).toHaveLength(1);
  });

  it("end the sign of typing of whoever wrote them", () => {
    const author = { kind: "teammate", name: "Bo" } as const;
    const typing = reduce(initialState, { type: "typing", author, active: true });
    expect(typing.typing).toEqual(author);
    expect(receive(typing, message("m1", 1)).typing).toBeNull();
  });
});

describe("a session", () => {
  it("replaces what is shown but keeps what was not confirmed", () => {
    const queued = reduce(initialState, { type: "queue", pending });
    const state = reduce(queued, { type: "session", session });
    expect(state.pending).toEqual([pending]);
    expect(state).toMatchObject({ phase: "ready", unread: 1, hasMore: true, visitor });
  });

  it("leaves nothing behind when it is forgotten", () => {
    let state = reduce({ ...initialState, config, open: true }, { type: "session", session });
    state = reduce(state, { type: "queue", pending });
    const empty = reduce(state, { type: "forget" });
    expect(empty).toMatchObject({ open: true, config, visitor: null, messages: [], pending: [] });
    expect(empty.generation).toBe(state.generation + 1);
  });
});

describe("uploads", () => {
  it("do not come back by a late report of progress", () => {
    let state = reduce(initialState, {
      type: "upload",
      id: "u1",
      patch: { fileName: "a", size: 1 },
    });
    state = reduce(state, { type: "dropUploads", ids: ["u1"] });
    state = reduce(state, { type: "upload", id: "u1", patch: { fraction: 0.5 } });
    expect(state.uploads).toEqual([]);
  });
});

describe("the footer", () => {
  const asking = {
    ...config,
    pre_chat_fields: [{ name: "n", label: "N", required: true, type: "text" }],
  };

  it("asks first, unless nobody is there to answer", () => {
    const state = { ...initialState, agentsOnline: true, config: asking as Config };
    expect(footerFor(state)).toBe("preChat");
    expect(footerFor({ ...state, visitor: { ...visitor, pre_chat_done: true } })).toBe("composer");
    expect(footerFor({ ...state, agentsOnline: false })).toBe("offline");
  });

  it("asks whoever has written already only for what has to be known", () => {
    const written = { ...initialState, conversation, visitor: { ...visitor, email: "a@b.co" } };
    const asking = (name: string, required: boolean): State => ({
      ...written,
      config: {
        ...config,
        pre_chat_fields: [{ name, label: name, required, type: "text", choices: [] }],
      },
    });
    expect(footerFor(asking("name", false))).toBe("composer");
    expect(footerFor(asking("name", true))).toBe("preChat");
    expect(footerFor(asking("email", true))).toBe("composer");
    expect(footerFor({ ...asking("name", false), conversation: null })).toBe("preChat");
  });

  it("lets a visitor whose address is known write at any time", () => {
    const state = { ...initialState, config, visitor: { ...visitor, email: "a@b.co" } };
    expect(footerFor(state)).toBe("composer");
  });
});

describe("groups", () => {
  it("join one author's messages until five minutes pass or somebody else writes", () => {
    const own = message("m4", 4, { author: { kind: "visitor", name: "Ana" } });
    const groups = groupMessages([
      message("m1", 1),
      message("m3", 3),
      own,
      message("m5", 5),
      message("m11", 11),
    ]);
    expect(groups.map((group) => group.messages.map(({ id }) => id))).toEqual([
      ["m1", "m3"],
      ["m4"],
      ["m5"],
      ["m11"],
    ]);
    expect(groups.map(({ newDay }) => newDay)).toEqual([true, false, false, false]);
  });
});
