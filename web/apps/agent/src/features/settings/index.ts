import "@/i18n/settings";

export { ChannelsPage } from "./channels-page";
export { JobsPage } from "./jobs-page";
export { PeoplePage } from "./people-page";
export { ProfilePage } from "./profile-page";
export { TokensPage } from "./tokens-page";
export { WorkspacePage } from "./workspace-page";
