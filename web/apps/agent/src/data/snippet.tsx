/** Search results mark their matches with two control characters; here they become highlights. */
import { Fragment } from "react";

export function snippetParts(text: string): { text: string; match: boolean }[] {
  return text.split("\u0001").flatMap((piece, index) => {
    if (index === 0) return piece ? [{ text: piece, match: false }] : [];
    const [match = "", ...rest] = piece.split("\u0002");
    const after = rest.join("");
    return [{ text: match, match: true }, ...(after ? [{ text: after, match: false }] : [])];
  });
}

/** What stands before the first match is shortened, so that the match is in view where there is little room. */
const before = 40;

export function shortened(parts: ReturnType<typeof snippetParts>) {
  const [first, ...rest] = parts;
  if (!first || first.match || rest.length === 0 || first.text.length <= before) return parts;
  const tail = first.text.slice(-before);
  const word = tail.search(/\s\S/);
  return [{ text: `…${word < 0 ? tail : tail.slice(word + 1)}`, match: false }, ...rest];
}

export function Snippet({ text, className }: { text: string; className?: string }) {
  return (
    <span className={className}>
      {shortened(snippetParts(text)).map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a fixed text never move.
        <Fragment key={index}>
          {part.match ? (
            <mark className="rounded-[3px] bg-note-bg text-note-text">{part.text}</mark>
          ) : (
            part.text
          )}
        </Fragment>
      ))}
    </span>
  );
}
