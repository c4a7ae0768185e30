import { expect, test } from "vitest";
import { completeBrowser, randomId } from "./plain-http";

test("ids are random UUIDs of version 4", () => {
  const ids = new Set(Array.from({ length: 200 }, randomId));
  expect(ids.size).toBe(200);
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});

test("what a browser has stays, and what it lacks is added", () => {
  const own = () => "00000000-0000-4000-8000-000000000000";
  const complete = { crypto: { randomUUID: own }, navigator: { clipboard: { own: true } } };
  completeBrowser(complete as never);
  expect(complete.crypto.randomUUID).toBe(own);
  expect(complete.navigator.clipboard).toEqual({ own: true });

  const poor = { crypto: {}, navigator: {} } as { crypto: Crypto; navigator: Navigator };
  completeBrowser(poor);
  expect(poor.crypto.randomUUID).toBe(randomId);
  expect(poor.navigator.clipboard.writeText).toBeTypeOf("function");
});
