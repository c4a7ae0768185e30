import type { Attachment } from "@rapport/api";
import { expect, it } from "vitest";
import { aMessage } from "@/test/builders";
import { withOwnImages } from "./own-images";

it("shows an image of a mail that has just been sent, and drops what cannot be loaded", () => {
  const image: Attachment = {
    id: "att_1",
    inline: false,
    file_name: "a.png",
    media_type: "image/png",
    size_bytes: 1,
    url: "/files/a",
    preview_url: "/files/a",
  };
  const message = aMessage({
    body_html: '<img src="cid:att_1" alt="a"><img src="cid:att_gone" alt="b">',
    attachments: [image],
  });
  expect(withOwnImages(message)).toEqual({
    html: '<img src="/files/a" alt="a"><img alt="b">',
    attachments: [],
  });
});
