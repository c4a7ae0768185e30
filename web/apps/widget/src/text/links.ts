// Finds web and mail addresses in plain text. Answers with pieces, never with markup: the screen
// makes text nodes and links of them, so that nothing in a message can become part of the page.

export interface Piece {
  text: string;
  href?: string;
}

const candidate =
  /(?:https?:\/\/|www\.)[^\s<>"'`\p{C}]{1,2048}|(?<![\w.+-])[\w.+-]{1,64}@[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63})+/giu;

export function splitLinks(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  const addText = (until: number) => {
    if (until > end) {
      pieces.push({ text: text.slice(end, until) });
    }
  };
  for (const match of text.matchAll(candidate)) {
    const found = trimEnd(match[0]);
    const href = toHref(found);
    if (href) {
      addText(match.index);
      pieces.push({ text: found, href });
      end = match.index + found.length;
    }
  }
  addText(text.length);
  return pieces;
}

/** Punctuation that ends a sentence is not part of the address; a closing bracket is when it was opened. */
function trimEnd(found: string): string {
  let address = found;
  for (;;) {
    const last = address.at(-1) ?? "";
    const opening = { ")": "(", "]": "[", "}": "{" }[last];
    const stray = opening
      ? address.split(last).length > address.split(opening).length
      : /[.,;:!?…*_~]/.test(last);
    if (!stray) {
      return address;
    }
    address = address.slice(0, -1);
  }
}

function toHref(address: string): string | undefined {
  const isMail = !/^(?:https?:|www\.)/i.test(address);
  const url = isMail ? `mailto:${address}` : address.replace(/^www\./i, "https://www.");
  try {
    const { protocol, hostname, href } = new URL(url);
    return isMail ||
      (/^https?:$/.test(protocol) && hostname.includes(".")) ||
      hostname === "localhost"
      ? href
      : undefined;
  } catch {
    return undefined;
  }
}
