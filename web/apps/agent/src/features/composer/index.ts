export { Composer } from "./composer";
export { UnsentDraft } from "./unsent-draft";
