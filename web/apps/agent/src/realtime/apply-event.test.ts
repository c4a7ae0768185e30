import type { Conversation, Draft, ServerEvent } from "@rapport/api";
import { QueryClient } from "@tanstack/react-query";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { keys } from "@/data/keys";
import { flattenList, type ListPages } from "@/data/list-pages";
import { flattenTimeline, type TimelinePages } from "@/data/timeline-pages";
import { aConversation, aDelivery, aMessage, anEvent, listOf, timelineOf } from "@/test/builders";
import { applyEvent, type ViewersByConversation } from "./apply-event";

const me = "usr_me";
let cache: QueryClient;
const refreshCounts = vi.fn();
const fetchConversation = vi.fn();
const apply = (event: ServerEvent) =>
  applyEvent(cache, event, { myId: me, refreshCounts, fetchConversation });
const shared = ({ unread_count: _u, draft: _d, ...rest }: Conversation) => rest;
const mine = keys.list({ assignee: "me", status: "open,waiting,pending" });
const rows = (key: readonly unknown[]) => flattenList(cache.getQueryData<ListPages>(key));

beforeEach(() => {
  cache = new QueryClient();
  vi.clearAllMocks();
});

describe("conversation events", () => {
  it("moves a conversation to the list it now belongs to and out of the one it left", () => {
    const conversation = aConversation({ assignee: null });
    const unassigned = keys.list({ assignee: "unassigned" });
    cache.setQueryData(unassigned, listOf([conversation]));
    cache.setQueryData(mine, listOf([]));
    const assignee = { id: me, name: "Bo" };
    const next = shared({ ...conversation, assignee, version: 2 });
    apply(anEvent("conversation.assigned", { conversation: next, assignee, previous: null }));
    expect(rows(unassigned)).toEqual([]);
    expect(rows(mine).map((row) => row.id)).toEqual([conversation.id]);
    expect(refreshCounts).toHaveBeenCalled();
  });

  it("ignores an event older than what is shown", () => {
    const conversation = aConversation({ topic: "New", version: 5 });
    cache.setQueryData(keys.list({}), listOf([conversation]));
    const old = shared({ ...conversation, topic: "Old", version: 4 });
    apply(anEvent("conversation.topic_changed", { conversation: old, from: "", to: "Old" }));
    expect(rows(keys.list({}))[0]?.topic).toBe("New");
  });

  it("counts newly arrived messages as unread and keeps the reader's draft", () => {
    const draft = { mode: "reply" as const, preview: "Hi", updated_at: "2026-11-22T08:00:00.000Z" };
    const conversation = aConversation({ inbound_count: 2, unread_count: 1, draft });
    cache.setQueryData(keys.list({}), listOf([conversation]));
    const next = shared({ ...conversation, inbound_count: 3, version: 2 });
    const message = aMessage({ conversation_id: conversation.id });
    apply(anEvent("message.received", { conversation: next, message }));
    expect(rows(keys.list({}))[0]).toMatchObject({ unread_count: 2, draft });
  });

  it("fetches a conversation it never saw when a list should show it", () => {
    cache.setQueryData(keys.list({}), listOf([]));
    const conversation = aConversation();
    apply(
      anEvent("conversation.created", {
        conversation: shared(conversation),
        origin: "inbound_message",
      }),
    );
    expect(fetchConversation).toHaveBeenCalledWith(conversation.id);
  });

  it("adds one line to the timeline however often the event comes", () => {
    const conversation = aConversation();
    cache.setQueryData(keys.timeline(conversation.id), timelineOf([]));
    const event = anEvent("conversation.closed", {
      conversation: shared(conversation),
      from: "open",
    });
    apply(event);
    apply(event);
    const timeline = cache.getQueryData<TimelinePages>(keys.timeline(conversation.id));
    expect(flattenTimeline(timeline)).toHaveLength(1);
  });
});

describe("message events", () => {
  it("takes the place of the message shown before the server had it", () => {
    const conversation = aConversation();
    const local = aMessage({
      id: "local:a",
      client_id: "a",
      conversation_id: conversation.id,
      version: 0,
    });
    cache.setQueryData(keys.timeline(conversation.id), timelineOf([local]));
    const message = { ...local, id: "msg_1", version: 1 };
    apply(anEvent("message.queued", { conversation: shared(conversation), message }));
    const items = flattenTimeline(
      cache.getQueryData<TimelinePages>(keys.timeline(conversation.id)),
    );
    expect(items.map((item) => item.type === "message" && item.message.id)).toEqual(["msg_1"]);
  });

  it("removes a cancelled message", () => {
    const conversation = aConversation();
    const message = aMessage({ conversation_id: conversation.id });
    cache.setQueryData(keys.timeline(conversation.id), timelineOf([message]));
    apply(
      anEvent("message.cancelled", {
        conversation: shared(conversation),
        message_id: message.id,
        delivery: aDelivery("cancelled"),
      }),
    );
    expect(
      flattenTimeline(cache.getQueryData<TimelinePages>(keys.timeline(conversation.id))),
    ).toEqual([]);
  });

  it("updates the delivery state in place", () => {
    const conversation = aConversation();
    const message = aMessage({
      conversation_id: conversation.id,
      held_until: "2026-11-22T08:00:10.000Z",
    });
    cache.setQueryData(keys.timeline(conversation.id), timelineOf([message]));
    const delivery = aDelivery("sent");
    apply(
      anEvent("message.delivery_changed", {
        conversation: shared(conversation),
        message_id: message.id,
        delivery,
      }),
    );
    const [item] = flattenTimeline(
      cache.getQueryData<TimelinePages>(keys.timeline(conversation.id)),
    );
    expect(item).toMatchObject({ message: { delivery, held_until: null } });
  });
});

describe("what belongs to one reader", () => {
  it("clears the unread count without touching the version", () => {
    const conversation = aConversation({ unread_count: 4, version: 7 });
    cache.setQueryData(keys.list({}), listOf([conversation]));
    apply({
      ...anEvent("conversation.read", { unread_count: 0 }),
      conversation_id: conversation.id,
    } as ServerEvent);
    expect(rows(keys.list({}))[0]).toMatchObject({ unread_count: 0, version: 7 });
  });

  it("tells of the reply where there is a note as well", () => {
    const at = "2026-11-22T08:00:00.000Z";
    const draft = { mode: "reply" as const, preview: "Dear Ana", updated_at: at };
    cache.setQueryData(keys.list({}), listOf([aConversation({ id: "cnv_1", draft })]));
    const about = (event: object) => ({ ...event, conversation_id: "cnv_1" }) as ServerEvent;
    const note = { mode: "note", body_text: "Ask Bo", attachment_ids: [], updated_at: at };
    apply(about(anEvent("draft.saved", { draft: note } as never)));
    apply(about(anEvent("draft.deleted", { mode: "note" } as never)));
    expect(rows(keys.list({}))[0]?.draft).toEqual(draft);
    apply(about(anEvent("draft.deleted", { mode: "reply" } as never)));
    expect(rows(keys.list({}))[0]?.draft).toBeUndefined();
  });

  it("shows a draft that was written elsewhere, with the files that are known here", () => {
    const conversation = aConversation({ id: "cnv_1" });
    const content = { body_html: null, subject: null, to: [], cc: [], bcc: [] };
    const file = {
      id: "att_1",
      file_name: "map.png",
      media_type: "image/png",
      size_bytes: 4,
      inline: false,
      url: "/files/x",
      preview_url: null,
    };
    const draft: Draft = {
      ...content,
      conversation_id: "cnv_1",
      mode: "reply",
      body_text: "Dear",
      attachment_ids: ["att_1"],
      attachments: [file],
      channel_account_id: null,
      updated_at: "2026-11-22T08:00:00.000Z",
      version: 1,
    };
    cache.setQueryData(keys.list({}), listOf([conversation]));
    cache.setQueryData(keys.draft("cnv_1", "reply"), draft);
    const { attachments: _, ...saved } = { ...draft, body_text: "Dear Ana", version: 2 };
    apply({ ...anEvent("draft.saved", { draft: saved }), conversation_id: "cnv_1" } as ServerEvent);
    expect(cache.getQueryData<Draft>(keys.draft("cnv_1", "reply"))).toMatchObject({
      body_text: "Dear Ana",
      attachments: [file],
    });
    expect(rows(keys.list({}))[0]?.draft).toMatchObject({ mode: "reply", preview: "Dear Ana" });
  });

  it("replaces a viewer's state and forgets one who left", () => {
    const user = { id: "usr_dana", name: "Dana" };
    const viewer = { user, mode: null, expires_at: "2026-11-22T09:00:00.000Z" };
    const presence = (state: "viewing" | "typing" | "left") =>
      apply({
        name: "presence.changed",
        data: { conversation_id: "cnv_1", viewer: { ...viewer, state } },
      });
    const viewers = () => cache.getQueryData<ViewersByConversation>(keys.viewers)?.cnv_1;
    presence("viewing");
    presence("typing");
    expect(viewers()).toEqual([{ ...viewer, state: "typing" }]);
    presence("left");
    expect(viewers()).toEqual([]);
  });
});
