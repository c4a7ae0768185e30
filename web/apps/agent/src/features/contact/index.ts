export { Addresses, EditableLine } from "./contact-card";
export { ContactDrawer } from "./drawer";
