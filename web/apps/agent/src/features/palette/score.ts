/** How well an entry of the command menu answers to what was typed. */

const wordsOf = (text: string) =>
  text
    .toLocaleLowerCase()
    .split(/[\s,/-]+/)
    .filter(Boolean);

/** Letters may be left out inside a word, but not its beginning: "asgn" is "assign". */
function abbreviates(short: string, word: string): boolean {
  if (short.length < 3 || short[0] !== word[0]) return false;
  let at = 0;
  for (const letter of word) if (letter === short[at]) at += 1;
  return at === short.length;
}

function scoreOf(typed: string, text: string): number {
  const whole = text.toLocaleLowerCase();
  if (whole.startsWith(typed)) return 1;
  const wanted = wordsOf(typed);
  const words = wordsOf(text);
  if (wanted.every((part) => words.some((word) => word.startsWith(part)))) return 0.9;
  if (
    typed.length > 1 &&
    words
      .map((word) => word[0])
      .join("")
      .startsWith(typed)
  )
    return 0.7;
  if (typed.length > 2 && whole.includes(typed)) return 0.5;
  if (
    wanted.every((part) => words.some((word) => word.startsWith(part) || abbreviates(part, word)))
  )
    return 0.3;
  return 0;
}

/** Between 0, which is not shown, and 1. What cannot be done now comes after what can. */
export function paletteScore(typed: string, texts: readonly string[], possible: boolean): number {
  const wanted = typed.trim().toLocaleLowerCase();
  if (!wanted) return 1;
  const [label = "", ...others] = texts;
  const best = Math.max(
    scoreOf(wanted, label),
    ...others.map((text) => scoreOf(wanted, text) * 0.8),
  );
  return possible ? best : best / 10;
}
