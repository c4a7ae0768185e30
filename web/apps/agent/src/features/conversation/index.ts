export { PersonPicker } from "./assign-popover";
export { ConversationPane } from "./conversation-pane";
