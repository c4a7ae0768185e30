/** What is being written to somebody new. Survives closing the dialog and reloading. */
import type { Attachment, Priority, Recipient } from "@rapport/api";
import { createPersistentStore } from "@/app/store";
import type { ContactChoice } from "./contact-field";

export interface Content {
  body: string;
  html: string | null;
  attachments: Attachment[];
}
export interface Form extends Content {
  accountId: string;
  to: ContactChoice | null;
  cc: Recipient[];
  bcc: Recipient[];
  subject: string;
  priority: Priority;
}
export const empty: Form = {
  accountId: "",
  to: null,
  cc: [],
  bcc: [],
  subject: "",
  priority: "normal",
  body: "",
  html: null,
  attachments: [],
};
const isForm = (value: unknown): value is Form =>
  typeof value === "object" && value !== null && "body" in value && "attachments" in value;

export const unsent = createPersistentStore<Form>("new-conversation", empty, isForm);
