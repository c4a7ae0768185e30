import type { ConversationDetail, ReplyOption } from "@rapport/api";
import { describe, expect, it } from "vitest";
import { addressing, choosing, spelled } from "./addressing";
import { emptyDraft } from "./draft-store";

const ana = { name: "Ana", address: "ana@work.example" };
const bo = { name: "Bo", address: "bo@work.example" };
const defaults = { to: [ana], cc: [bo], subject: "Re: Order", signature_html: null };
const detail = { contact: { display_name: "Ana" }, email_reply: defaults } as ConversationDetail;
const way = (address_id: string, to: string, channel_account_id = "cha_1") =>
  ({ address_id, to, channel_account_id, channel: "email" }) as ReplyOption;

describe("to whom a mail goes", () => {
  it("is what the conversation proposes, until the writer chooses", () => {
    expect(addressing(emptyDraft, defaults)).toMatchObject({ to: [ana], cc: [bo], bcc: [] });
    expect(addressing({ ...emptyDraft, to: [bo], cc: [] }, defaults)).toMatchObject({
      to: [bo],
      cc: [],
    });
  });

  it("is another address alone when that is chosen, and the proposal when its own is", () => {
    const work = way("adr_1", "Ana@Work.example");
    const home = way("adr_2", "ana@home.example");
    const chosen = choosing(detail, work, home);
    expect(chosen.to).toEqual([{ name: "Ana", address: "ana@home.example" }]);
    expect(chosen.cc).toEqual([]);
    expect(choosing(detail, home, work)).toMatchObject({ to: null, cc: null });
  });

  it("stays what it is when only the sender changes", () => {
    const fields = choosing(detail, way("adr_1", ana.address), way("adr_1", ana.address, "cha_2"));
    expect(fields).toEqual({ addressId: "adr_1", channelAccountId: "cha_2" });
  });

  it("is spelled with its address", () => {
    expect(spelled(ana)).toBe("Ana <ana@work.example>");
    expect(spelled({ name: null, address: "x@y.example" })).toBe("x@y.example");
  });
});
