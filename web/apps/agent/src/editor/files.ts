/** Which files of a text go along as files, and which are seen inside it. */
import type { Attachment } from "@rapport/api";

const inlineTypes = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

export const mayBeInline = (file: File) => inlineTypes.has(file.type);

/** Spreadsheets and word processors put a picture beside copied text; then the text is meant. */
export const pastedFiles = (data: Pick<DataTransfer, "files" | "types"> | null): File[] =>
  data && !data.types.includes("text/plain") ? [...data.files] : [];

interface Written {
  html: string | null;
  attachments: readonly Attachment[];
}
const isInText = (html: string | null, id: string) => html?.includes(`"cid:${id}"`) ?? false;

/** The files to list beside the text. Without formatting an image is a file like any other. */
export const listedFiles = ({ html, attachments }: Written, rich: boolean): Attachment[] =>
  attachments.filter((file) => !rich || !(file.inline || isInText(html, file.id)));

/** The files to send. An image that was taken out of the text again stays behind. */
export const sentFileIds = ({ html, attachments }: Written, rich: boolean): string[] =>
  attachments
    .filter((file) => !rich || !file.inline || isInText(html, file.id))
    .map((file) => file.id);
