/** What has been typed into the command menu, before and after its code has arrived. */
import { createStore } from "./store";

export const paletteText = createStore("");
