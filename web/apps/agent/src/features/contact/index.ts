import "@/i18n/conversation";

export { ContactDrawer } from "./drawer";
