/** Ties the actions to the screen: the context they run in, and the keys that start them. */
import { createContext, type ReactNode, useContext, useEffect, useRef } from "react";
import { cyclePanes } from "@/app/focus";
import { overlays } from "@/app/overlays";
import { shortcutsOn } from "@/app/preferences";
import "./conversation-actions";
import "./general-actions";
import { isTyping, KeyMatcher } from "./keyboard";
import { type ActionContext, action, allActions, availability, runAction, start } from "./registry";

const Context = createContext<ActionContext | null>(null);

export function useActionContext(): ActionContext {
  const context = useContext(Context);
  if (!context) throw new Error("Actions need the signed-in shell around them.");
  return context;
}

export interface BoundAction {
  /** False when the person may not do this at all; then nothing is drawn. */
  shown: boolean;
  /** Why it cannot be done now. */
  reason: string | null;
  shortcut: string | undefined;
  run: () => void;
}

export function useAction(id: string): BoundAction {
  const context = useActionContext();
  const found = action(id);
  const allowed = found.canRun(context);
  return {
    shown: allowed !== false,
    reason: typeof allowed === "string" ? allowed : null,
    shortcut: found.shortcut,
    run: () => void runAction(id, context),
  };
}

function useKeyboard(context: ActionContext) {
  const latest = useRef(context);
  useEffect(() => {
    latest.current = context;
  }, [context]);
  useEffect(() => {
    const matcher = new KeyMatcher();
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      if (event.key === "F6") {
        event.preventDefault();
        cyclePanes(event.shiftKey);
        return;
      }
      const typing = isTyping(event.target);
      const chord = event.ctrlKey || event.metaKey || event.altKey;
      // A menu or dialog that is open owns its plain keys.
      const inPanel =
        event.target instanceof Element &&
        event.target.closest('[role="dialog"],[role="menu"],[role="alertdialog"]') !== null;
      if ((typing || inPanel) && !chord) return;
      if (!chord && !shortcutsOn.get()) return;
      // Enter and the arrows belong to the control that has focus, if there is one.
      const plain = event.key === "Enter" || event.key.startsWith("Arrow") || event.key === " ";
      const onControl =
        event.target instanceof Element &&
        event.target.closest(
          'a,button,[role="option"],[role="listbox"],[role="tab"],[role="log"]',
        ) !== null;
      if (plain && onControl && !chord) return;
      const candidates =
        typing || inPanel
          ? allActions().filter((candidate) => candidate.whileTyping)
          : allActions();
      const found = matcher.match(event, candidates, Date.now());
      if (!found) return;
      if (availability(found, latest.current) !== true) return;
      event.preventDefault();
      start(found, latest.current);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => {
      window.removeEventListener("keydown", onKeyDown);
      overlays.close();
    };
  }, []);
}

export function ActionProvider({ value, children }: { value: ActionContext; children: ReactNode }) {
  useKeyboard(value);
  return <Context value={value}>{children}</Context>;
}
