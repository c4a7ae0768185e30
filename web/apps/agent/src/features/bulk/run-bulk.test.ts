import { describe, expect, it } from "vitest";
import { parallel, runBulk } from "./run-bulk";

const numbers = Array.from({ length: 23 }, (_, index) => index);

describe("doing one thing to many", () => {
  it("runs a few at a time and reports each step", async () => {
    let running = 0;
    let most = 0;
    const steps: number[] = [];
    const outcome = await runBulk(
      numbers,
      async () => {
        running += 1;
        most = Math.max(most, running);
        await Promise.resolve();
        running -= 1;
      },
      (finished) => steps.push(finished),
      new AbortController().signal,
    );
    expect(most).toBe(parallel);
    expect(outcome.done).toHaveLength(23);
    expect(steps).toEqual(numbers.map((index) => index + 1));
  });

  it("goes on after a failure and names what failed and why", async () => {
    const reason = new Error("closed");
    const outcome = await runBulk(
      numbers,
      async (number) => {
        if (number % 10 === 0) throw reason;
      },
      () => undefined,
      new AbortController().signal,
    );
    expect(outcome.failed.map(({ item }) => item)).toEqual([0, 10, 20]);
    expect(outcome.failed[0]?.error).toBe(reason);
    expect(outcome.done).toHaveLength(20);
  });

  it("begins nothing more once it is stopped", async () => {
    const stop = new AbortController();
    const outcome = await runBulk(
      numbers,
      async (number) => {
        if (number === 2) stop.abort();
      },
      () => undefined,
      stop.signal,
    );
    expect(outcome.done.length + outcome.left.length).toBe(23);
    expect(outcome.left.length).toBeGreaterThan(10);
  });
});
