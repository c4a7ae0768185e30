import "@/i18n/conversation";

export { Addresses, EditableLine } from "./contact-card";
export { ContactDrawer } from "./drawer";
