export { ListHeader } from "./list-header";
export { ListPane } from "./list-pane";
export { ViewsColumn } from "./views-column";
