import { expect, test } from "vitest";
import { directionsOf } from "./check-directions";

const named = (...names: string[]) => directionsOf(names.map((name) => ({ name })));

test("two servers have the same steps, the second time for sending", () => {
  expect(named("active", "Reach", "Log in", "Open", "Reach", "Log in")).toEqual([
    null,
    "receiving",
    "receiving",
    "receiving",
    "sending",
    "sending",
  ]);
});

test("steps that name their direction need no other word", () => {
  expect(named("active", "inbound", "Reach", "Log in")).toEqual([null, null, "sending", "sending"]);
  expect(named("active", "Reach", "Log in", "outbound")).toEqual([
    null,
    "receiving",
    "receiving",
    null,
  ]);
  expect(named("active", "inbound", "outbound")).toEqual([null, null, null]);
});
