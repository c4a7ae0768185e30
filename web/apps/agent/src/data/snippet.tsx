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

export function Snippet({ text, className }: { text: string; className?: string }) {
  return (
    <span className={className}>
      {snippetParts(text).map((part, index) => (
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
