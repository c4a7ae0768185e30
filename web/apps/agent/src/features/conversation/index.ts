import "@/i18n/conversation";

export { ConversationPane } from "./conversation-pane";
