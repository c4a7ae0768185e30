import "@/i18n/conversation";

export { Composer } from "./composer";
export { UnsentDraft } from "./unsent-draft";
