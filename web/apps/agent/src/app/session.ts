/** Who is signed in, what they may do, and the moment the sign-in ends. */
import type { Me, Permission } from "@rapport/api";
import { onUnauthenticated } from "@rapport/api";
import { createContext, useContext } from "react";
import { createStore } from "./store";

export const MeContext = createContext<Me | null>(null);

export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error("This screen is only shown to people who are signed in.");
  return me;
}

export function usePermission(permission: Permission): boolean {
  return useMe().permissions.includes(permission);
}

/** True while a screen is open whose sign-in has ended. The screen stays, a log-in covers it. */
export const sessionEnded = createStore(false);
let signedIn = false;

export function markSignedIn(value: boolean) {
  signedIn = value;
  sessionEnded.set(false);
}
export function reportSessionEnd() {
  if (signedIn) sessionEnded.set(true);
}
onUnauthenticated(reportSessionEnd);
