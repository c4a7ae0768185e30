/** Initials on a ground whose hue follows from the id, so a person keeps the colour everywhere. */
import { cx } from "./cx";

const grounds = [
  "bg-[#dbe6ff] text-[#1f3f9e] dark:bg-[#22335f] dark:text-[#b9ccff]",
  "bg-[#dff3e6] text-[#12603f] dark:bg-[#163a2b] dark:text-[#95e0bd]",
  "bg-[#fde6d8] text-[#85380f] dark:bg-[#43281a] dark:text-[#f3bd9c]",
  "bg-[#f1e3fb] text-[#6a2a97] dark:bg-[#37224a] dark:text-[#dcb8f5]",
  "bg-[#fbe2ea] text-[#912350] dark:bg-[#431f2e] dark:text-[#f5b3cb]",
  "bg-[#dcf1f4] text-[#0d5d69] dark:bg-[#153a41] dark:text-[#94dbe5]",
  "bg-[#fbf0cf] text-[#6b4d00] dark:bg-[#3a2f12] dark:text-[#ecd28a]",
];

function hash(text: string): number {
  let value = 7;
  for (const character of text) value = (value * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return value;
}

export function initials(name: string): string {
  const words = name
    .replace(/[^\p{L}\p{N}\s@.+-]/gu, "")
    .split(/[\s@.]+/)
    .filter(Boolean);
  const first = [...(words[0] ?? "?")][0] ?? "?";
  const last = words.length > 1 ? ([...(words[words.length - 1] ?? "")][0] ?? "") : "";
  return (first + last).toUpperCase();
}

export interface AvatarProps {
  id: string;
  name: string;
  size?: "tiny" | "small" | "medium" | "large";
  square?: boolean;
  className?: string;
}

const sizes = {
  tiny: "size-5 text-[9px]",
  small: "size-6 text-[10px]",
  medium: "size-9 text-[13px]",
  large: "size-12 text-[16px]",
};

export function Avatar({ id, name, size = "medium", square, className }: AvatarProps) {
  return (
    <span
      aria-hidden="true"
      className={cx(
        "inline-flex shrink-0 items-center justify-center font-semibold tracking-tight select-none",
        square ? "rounded-control" : "rounded-full",
        sizes[size],
        grounds[hash(id) % grounds.length],
        className,
      )}
    >
      {initials(name)}
    </span>
  );
}
