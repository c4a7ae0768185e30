/** Finds the action a key press means. Keys match by what they print, or by where they are. */
import type { Action } from "./registry";

export interface KeyPress {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

const physical: Record<string, string> = {
  BracketLeft: "[",
  BracketRight: "]",
  Slash: "/",
  Period: ".",
  Comma: ",",
};

/** The names a press can answer to, most specific first: what it prints, then its place. */
export function pressNames(press: KeyPress): string[] {
  const modifiers = [
    press.ctrlKey || press.metaKey ? "mod" : null,
    press.altKey ? "alt" : null,
  ].filter((name): name is string => name !== null);
  const printed = press.key.toLowerCase();
  const placed =
    physical[press.code] ??
    (/^Key[A-Z]$/.test(press.code)
      ? press.code.slice(3).toLowerCase()
      : /^Digit\d$/.test(press.code)
        ? press.code.slice(5)
        : printed);
  const names = new Set<string>();
  for (const key of [printed, placed]) {
    const isLetter = /^\p{L}$/u.test(key);
    // A symbol already contains its shift; a letter or a named key spells it out.
    const shift = press.shiftKey && (isLetter || key.length > 1 || modifiers.length > 0);
    names.add([...modifiers, ...(shift ? ["shift"] : []), key].join("+"));
  }
  return [...names];
}

const sequenceTimeout = 1_200;

/** Remembers the first key of a sequence such as `g i` for a moment. */
export class KeyMatcher {
  #prefix: string | null = null;
  #at = 0;

  match(press: KeyPress, actions: readonly Action[], now: number): Action | null {
    const prefix = now - this.#at < sequenceTimeout ? this.#prefix : null;
    this.#prefix = null;
    const keysOf = (action: Action) =>
      [action.shortcut, action.alternative].filter((keys): keys is string => keys !== undefined);
    for (const name of pressNames(press)) {
      const wanted = prefix ? `${prefix} ${name}` : name;
      const found = actions.find((action) => keysOf(action).includes(wanted));
      if (found) return found;
      if (
        !prefix &&
        actions.some((action) => keysOf(action).some((k) => k.startsWith(`${name} `)))
      ) {
        this.#prefix = name;
        this.#at = now;
        return null;
      }
    }
    return null;
  }
}

export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  const field = target.closest("input, textarea, select");
  if (!field) return false;
  return !(
    field instanceof HTMLInputElement && ["checkbox", "radio", "button"].includes(field.type)
  );
}
