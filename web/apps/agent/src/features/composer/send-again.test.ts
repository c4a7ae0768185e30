import { ApiError } from "@rapport/api";
import { describe, expect, it } from "vitest";
import { emptyDraft } from "./draft-store";
import { noteAnswer, noteFailure, sendId } from "./send-again";

const draft = { ...emptyDraft, text: "Hello Ana" };
const lost = new TypeError("Failed to fetch");
const refused = new ApiError({ title: "No", status: 422, code: "validation_failed" });

describe("sending again", () => {
  it("keeps the id of a message that got no answer", () => {
    const id = sendId("cnv_1", "reply", draft);
    noteFailure("cnv_1", "reply", draft, id, lost);
    expect(sendId("cnv_1", "reply", { ...draft, updatedAt: "later" })).toBe(id);
  });

  it("makes a new one for other words, another mode and another conversation", () => {
    const id = sendId("cnv_2", "reply", draft);
    noteFailure("cnv_2", "reply", draft, id, lost);
    expect(sendId("cnv_2", "reply", { ...draft, text: "Hello Bo" })).not.toBe(id);
    expect(sendId("cnv_2", "note", draft)).not.toBe(id);
    expect(sendId("cnv_3", "reply", draft)).not.toBe(id);
  });

  it("makes a new one when the server refused or took the earlier", () => {
    const id = sendId("cnv_4", "reply", draft);
    noteFailure("cnv_4", "reply", draft, id, refused);
    expect(sendId("cnv_4", "reply", draft)).not.toBe(id);
    noteFailure("cnv_4", "reply", draft, id, lost);
    noteAnswer("cnv_4", "reply");
    expect(sendId("cnv_4", "reply", draft)).not.toBe(id);
  });
});
