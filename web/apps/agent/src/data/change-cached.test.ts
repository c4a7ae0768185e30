import { QueryClient } from "@tanstack/react-query";
import { expect, it } from "vitest";
import { changeCached } from "./change-cached";

const under = ["thread", "1"];
const add = (word: string) => (words: string[]) =>
  words.includes(word) ? words : [...words, word];

/** A question that is answered when the test says so. */
function question() {
  let answer: (words: string[]) => void = () => undefined;
  const answered = new Promise<string[]>((resolve) => {
    answer = resolve;
  });
  return { queryFn: () => answered, answer };
}

it("lets a change outlive an answer that was given before it", async () => {
  const cache = new QueryClient();
  cache.setQueryData(under, ["old"]);
  const { queryFn, answer } = question();
  const fetched = cache.fetchQuery({ queryKey: under, queryFn });
  changeCached<string[]>(cache, ["thread"], add("new"));
  expect(cache.getQueryData(under)).toEqual(["old", "new"]);
  answer(["old", "older"]);
  await fetched;
  await Promise.resolve();
  expect(cache.getQueryData(under)).toEqual(["old", "older", "new"]);
});

it("reaches also what is loaded for the first time", async () => {
  const cache = new QueryClient();
  const { queryFn, answer } = question();
  const fetched = cache.fetchQuery({ queryKey: under, queryFn });
  changeCached<string[]>(cache, ["thread"], add("new"));
  answer(["old"]);
  await fetched;
  await Promise.resolve();
  expect(cache.getQueryData(under)).toEqual(["old", "new"]);
});

it("lets a change outlive an answer that is given up", async () => {
  const cache = new QueryClient();
  cache.setQueryData(under, ["old"]);
  const fetched = cache.fetchQuery({ queryKey: under, queryFn: question().queryFn });
  changeCached<string[]>(cache, ["thread"], add("new"));
  await cache.cancelQueries({ queryKey: under });
  await fetched.catch(() => undefined);
  await Promise.resolve();
  expect(cache.getQueryData(under)).toEqual(["old", "new"]);
});

it("leaves to be asked for again what has to be", async () => {
  const cache = new QueryClient();
  cache.setQueryData(under, ["old"]);
  await cache.invalidateQueries({ queryKey: under });
  changeCached<string[]>(cache, ["thread"], add("new"));
  expect(cache.getQueryData(under)).toEqual(["old", "new"]);
  expect(cache.getQueryState(under)?.isInvalidated).toBe(true);
});
