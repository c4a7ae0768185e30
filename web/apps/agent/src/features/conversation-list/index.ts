export { ListHeader } from "./list-header";
export { ListPane } from "./list-pane";
export { OpenElsewhere } from "./open-elsewhere";
export { ViewsColumn } from "./views-column";
