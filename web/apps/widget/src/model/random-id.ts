/** 128 random bits. `crypto.randomUUID` is kept from pages that came by plain HTTP, where people try a chat first. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
