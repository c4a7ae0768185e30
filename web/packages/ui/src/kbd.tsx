/** A key or chord as it is printed on the keyboard of the person reading. */
import { cx } from "./cx";

const onApple =
  typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform ?? "");

const symbols: Record<string, string> = {
  mod: onApple ? "⌘" : "Ctrl",
  shift: onApple ? "⇧" : "Shift",
  alt: onApple ? "⌥" : "Alt",
  enter: "↵",
  escape: "Esc",
  arrowup: "↑",
  arrowdown: "↓",
};

/** `mod+shift+k` or `g i` into the parts to print. */
export function keyParts(shortcut: string): string[] {
  return shortcut
    .split(/[ ]|(?<=.)\+(?=.)/)
    .map((part) => symbols[part] ?? (part.length === 1 ? part.toUpperCase() : part));
}

export function Kbd({ keys, className }: { keys: string; className?: string }) {
  return (
    <span className={cx("inline-flex gap-0.5", className)} aria-hidden="true">
      {keyParts(keys).map((part, index) => (
        <kbd
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a chord never move.
          key={index}
          className="inline-flex h-[18px] min-w-[18px] items-center justify-center rounded-chip bg-current/10 px-1 font-sans text-[11px] leading-none font-medium"
        >
          {part}
        </kbd>
      ))}
    </span>
  );
}
