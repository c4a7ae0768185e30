import { ApiError } from "@rapport/api";
import { describe, expect, it } from "vitest";
import type { Outgoing } from "@/data/sending";
import { emptyDraft } from "./draft-store";
import { noteAnswer, noteFailure, unansweredMessage } from "./send-again";

const draft = { ...emptyDraft, text: "Hello Ana" };
const message: Outgoing = {
  kind: "message",
  channel: "chat",
  body: { body_text: "Hello Ana", client_id: "first" },
};
const lost = new TypeError("Failed to fetch");
const refused = new ApiError({ title: "No", status: 422, code: "validation_failed" });

describe("sending again", () => {
  it("repeats a message that got no answer, word for word", () => {
    noteFailure("cnv_1", "reply", draft, message, lost);
    expect(unansweredMessage("cnv_1", "reply", { ...draft, updatedAt: "later" })).toBe(message);
  });

  it("is something new with other words, in another mode and in another conversation", () => {
    noteFailure("cnv_2", "reply", draft, message, lost);
    expect(unansweredMessage("cnv_2", "reply", { ...draft, text: "Hello Bo" })).toBeNull();
    expect(unansweredMessage("cnv_2", "note", draft)).toBeNull();
    expect(unansweredMessage("cnv_3", "reply", draft)).toBeNull();
  });

  it("is something new once the server has refused or taken the earlier", () => {
    noteFailure("cnv_4", "reply", draft, message, lost);
    noteFailure("cnv_4", "reply", draft, message, refused);
    expect(unansweredMessage("cnv_4", "reply", draft)).toBeNull();
    noteFailure("cnv_4", "reply", draft, message, lost);
    noteAnswer("cnv_4", "reply");
    expect(unansweredMessage("cnv_4", "reply", draft)).toBeNull();
  });
});
