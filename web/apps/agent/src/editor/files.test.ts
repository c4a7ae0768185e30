import type { Attachment } from "@rapport/api";
import { describe, expect, it } from "vitest";
import { listedFiles, pastedFiles, sentFileIds } from "./files";

const file = (id: string, inline: boolean): Attachment => ({
  id,
  inline,
  file_name: `${id}.png`,
  media_type: "image/png",
  size_bytes: 10,
  url: `/${id}`,
  preview_url: null,
});
const draft = {
  html: '<p>Look <img src="cid:att_kept" alt=""></p>',
  attachments: [file("att_kept", true), file("att_removed", true), file("att_file", false)],
};

describe("images in the text of a mail", () => {
  it("lists only what is not seen in the text", () => {
    expect(listedFiles(draft, true).map(({ id }) => id)).toEqual(["att_file"]);
  });
  it("knows an image of a stored draft by its place in the text", () => {
    const stored = { ...draft, attachments: [file("att_kept", false)] };
    expect(listedFiles(stored, true)).toEqual([]);
    expect(sentFileIds(stored, true)).toEqual(["att_kept"]);
  });
  it("leaves behind what was taken out of the text", () => {
    expect(sentFileIds(draft, true)).toEqual(["att_kept", "att_file"]);
  });
  it("sends everything as files where there is no formatting", () => {
    expect(sentFileIds(draft, false)).toHaveLength(3);
    expect(listedFiles(draft, false)).toHaveLength(3);
  });
});

describe("pasting", () => {
  const picture = new File(["x"], "picture.png", { type: "image/png" });
  const pasted = (types: string[]) =>
    pastedFiles({ types, files: [picture] as unknown as FileList });

  it("takes a picture that was copied", () => {
    expect(pasted(["Files"])).toEqual([picture]);
    expect(pasted(["text/html", "Files"])).toEqual([picture]);
  });
  it("takes the text where a program adds a picture of it", () => {
    expect(pasted(["text/plain", "text/html", "Files"])).toEqual([]);
    expect(pastedFiles(null)).toEqual([]);
  });
});
