/**
 * Browsers keep some abilities from pages that came by plain HTTP from another machine, which is how a server on
 * one's own network is often tried first. What the app needs of them is added here.
 */

const hex = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** A random UUID of version 4, from the random numbers that every page may have. */
export function randomId(): ReturnType<Crypto["randomUUID"]> {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const text = hex(bytes);
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
}

/** Copies as the keyboard would, which is allowed during a press. */
export async function writeText(text: string) {
  const put = (event: ClipboardEvent) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    event.clipboardData?.setData("text/plain", text);
  };
  document.addEventListener("copy", put, true);
  try {
    if (!document.execCommand("copy")) throw new Error("The browser does not allow copying.");
  } finally {
    document.removeEventListener("copy", put, true);
  }
}

export function completeBrowser(
  target: { crypto: Crypto; navigator: Navigator } = globalThis as never,
) {
  if (!("randomUUID" in target.crypto)) {
    Object.defineProperty(target.crypto, "randomUUID", { value: randomId });
  }
  if (!target.navigator.clipboard) {
    Object.defineProperty(target.navigator, "clipboard", { value: { writeText } });
  }
}

completeBrowser();
