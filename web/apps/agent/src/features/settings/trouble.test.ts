import { expect, test } from "vitest";
import en from "@/i18n/en.settings.json";
import { type Trouble, troubleOf, troubles } from "./trouble";

const said: [string, Trouble | null][] = [
  ["the host name could not be resolved", "unknown_host"],
  ["this destination is not allowed", "not_allowed"],
  ["the host could not be reached", "unreachable"],
  ["Connection refused (os error 111)", "unreachable"],
  ["the connection timed out", "timeout"],
  ["the server did not answer in time", "timeout"],
  ["the server's certificate is not trusted: UnknownIssuer", "certificate"],
  ["the TLS handshake failed: received corrupt message", "encryption"],
  ["the server does not offer STARTTLS", "encryption"],
  ["the login was refused: [AUTHENTICATIONFAILED] Authentication failed.", "login"],
  ["535 5.7.8 Error: authentication failed", "login"],
  ["the account must be authorised again: invalid_grant", "authorisation"],
  ["the mailbox is full", null],
];

test.each(said)("%s", (words, trouble) => {
  expect(troubleOf(words)).toBe(trouble);
});

test("there are words and a remedy for each", () => {
  expect(Object.keys(en.trouble).sort()).toEqual([...troubles].sort());
  expect(Object.keys(en.remedy).sort()).toEqual([...troubles].sort());
});
