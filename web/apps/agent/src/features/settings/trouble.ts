/** What keeps an account from working, in plain words, where what its servers or our connection said tells it. */

export const troubles = [
  "unknown_host",
  "not_allowed",
  "unreachable",
  "timeout",
  "certificate",
  "encryption",
  "authorisation",
  "login",
] as const;
export type Trouble = (typeof troubles)[number];

/** The first that fits counts: a log-in that was refused may speak of many things. */
const signs: [RegExp, Trouble][] = [
  [/authorised again|access token|invalid_grant/i, "authorisation"],
  [/login was refused|authentication (failed|credentials)|AUTHENTICATIONFAILED|\b535\b/i, "login"],
  [/could not be resolved|name or service not known|no such host/i, "unknown_host"],
  [/destination is not allowed/i, "not_allowed"],
  [/certificate/i, "certificate"],
  [/TLS|STARTTLS|handshake/, "encryption"],
  [/timed out|did not answer in time/i, "timeout"],
  [/could not be reached|connection (was )?(refused|reset)|network is unreachable/i, "unreachable"],
];

export function troubleOf(words: string | null): Trouble | null {
  return signs.find(([sign]) => sign.test(words ?? ""))?.[1] ?? null;
}
