import "@/i18n/conversation";

export { Composer } from "./composer";
export { UnsentDraft } from "./unsent-draft";
export { mayHaveDraft } from "./use-drafts";
