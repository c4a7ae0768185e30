/** Ends the output with one line that counts the tests. */
import type { Reporter, Suite } from "@playwright/test/reporter";

export default class SummaryReporter implements Reporter {
  private suite: Suite | undefined;

  onBegin(_config: unknown, suite: Suite) {
    this.suite = suite;
  }

  onEnd() {
    const outcomes = (this.suite?.allTests() ?? []).map((test) => test.outcome());
    const count = (...wanted: string[]) => outcomes.filter((one) => wanted.includes(one)).length;
    const skipped = count("skipped");
    const line = `${count("expected", "flaky")} passed, ${count("unexpected")} failed`;
    process.stdout.write(`\n${line}${skipped ? `, ${skipped} skipped` : ""}\n`);
  }

  printsToStdio() {
    return true;
  }
}
