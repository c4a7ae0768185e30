// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { aMessage } from "@/test/builders";
import { emptyDraft } from "./draft-store";
import { withReturned } from "./returned";

const ana = { name: "Ana", address: "ana@customer.test" };
const mail = aMessage({
  body_text: "It is ready.",
  body_html: "<p>It is <b>ready</b>.</p>",
  subject: "Re: Order",
  to: [ana],
});

describe("a message that was taken back", () => {
  it("is in the empty draft as it was", () => {
    expect(withReturned(emptyDraft, mail)).toEqual({
      text: "It is ready.",
      html: "<p>It is <b>ready</b>.</p>",
      subject: "Re: Order",
      to: [ana],
      cc: [],
      bcc: [],
      attachments: [],
      channelAccountId: "cha_1",
    });
  });

  it("stands above what is written already, whose addresses hold", () => {
    const draft = { ...emptyDraft, text: "And <soon>" };
    expect(withReturned(draft, mail)).toEqual({
      text: "It is ready.\n\nAnd <soon>",
      html: "<p>It is <b>ready</b>.</p><p>And &lt;soon&gt;</p>",
      attachments: [],
    });
    const plain = withReturned(draft, aMessage({ body_text: "Yes", channel: "chat" }));
    expect(plain).toEqual({ text: "Yes\n\nAnd <soon>", html: null, attachments: [] });
  });

  it("names its images by their files again", () => {
    const file = {
      id: "att_1",
      url: "/files/att_1?signature=a",
      preview_url: "/files/att_1/preview?signature=b",
    } as (typeof mail.attachments)[number];
    const body_html = `<p><img src="/files/att_1/preview?signature=c"><img src="/other"></p>`;
    const { html, attachments } = withReturned(emptyDraft, {
      ...mail,
      body_html,
      attachments: [file],
    });
    expect(html).toBe(`<p><img src="cid:att_1"><img src="/other"></p>`);
    expect(attachments).toEqual([file]);
  });
});
