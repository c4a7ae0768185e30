/** Why a mail was not taken, in plain words, where the code of the server tells it reliably. */
import type { Delivery } from "@rapport/api";

export type Failure = "no_address" | "mailbox_full" | "mailbox_closed" | "too_large" | "refused";

/** The second and third part of an enhanced status code, as RFC 3463 lists them. */
const meanings: [RegExp, Failure][] = [
  [/^[45]\.1\.[0-6]$/, "no_address"],
  [/^[45]\.2\.1$/, "mailbox_closed"],
  [/^[45]\.2\.2$/, "mailbox_full"],
  [/^[45]\.(2\.3|3\.4)$/, "too_large"],
  [/^[45]\.7\.\d+$/, "refused"],
];

export function failureOf(delivery: Delivery): Failure | null {
  const code = delivery.code ?? "";
  return meanings.find(([pattern]) => pattern.test(code))?.[1] ?? null;
}

/** What the other server said, with its code unless it stands there already. */
export function providerWords(delivery: Delivery): string {
  const reason = delivery.reason?.trim() ?? "";
  const { code } = delivery;
  return !code || reason.includes(code) ? reason : `${reason} (${code})`.trim();
}
