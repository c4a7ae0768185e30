/** axe on what is on the screen, against WCAG 2.2 AA. */
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const scriptlessFrames = "iframe[sandbox]:not([sandbox~='allow-scripts'])";

export async function expectAccessible(page: Page) {
  // Colours that are still fading are not the ones people read.
  await page.evaluate(async () => {
    const running = document.getAnimations().filter((animation) => {
      return animation.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY;
    });
    await Promise.allSettled(running.map((animation) => animation.finished));
  });
  // axe would wait for ever inside a frame whose scripts are off; that such frames have a name is checked here.
  const unnamed = await page
    .locator("iframe[sandbox]:not([title]), iframe[sandbox][title='']")
    .count();
  expect(unnamed, "frames without a title").toBe(0);
  const { violations } = await new AxeBuilder({ page })
    .withTags(rules)
    .exclude(scriptlessFrames)
    .analyze();
  const report = violations.flatMap((violation) =>
    violation.nodes.map(
      (node) => `${violation.id} at ${node.target.join(" ")}: ${node.failureSummary}`,
    ),
  );
  expect(report, await page.title()).toEqual([]);
}
