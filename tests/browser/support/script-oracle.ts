/** Watches a browser for the signs that foreign content ran or reached out. */
import type { BrowserContext, Page } from "@playwright/test";
import { expect } from "@playwright/test";

/** Hostile content sets this on whatever window it can reach. */
export const marker = "__xss";

export class ScriptOracle {
  private readonly findings: string[] = [];

  private constructor() {}

  /** Everything that is not served from one of `origins` counts as reaching out. */
  static watch(context: BrowserContext, origins: string[]): ScriptOracle {
    const oracle = new ScriptOracle();
    context.on("request", (request) => {
      const url = new URL(request.url());
      const local =
        url.protocol === "data:" || url.protocol === "blob:" || url.protocol === "about:";
      if (!local && !origins.includes(url.origin)) oracle.findings.push(`request to ${url.href}`);
    });
    context.on("dialog", (dialog) => {
      oracle.findings.push(`dialog: ${dialog.message()}`);
      dialog.dismiss().catch(() => undefined);
    });
    return oracle;
  }

  /** What has been noticed so far. */
  async findingsOn(page: Page): Promise<string[]> {
    // Handlers that were set off just now get their turn first.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
    for (const frame of page.frames()) {
      // A frame whose scripts are off cannot be asked, and cannot have run anything either.
      const value = await frame
        .evaluate((name) => String((window as unknown as Record<string, unknown>)[name]), marker)
        .catch(() => "undefined");
      if (value !== "undefined") this.findings.push(`script ran in ${frame.url()}: ${value}`);
    }
    return this.findings;
  }

  async expectSilence(page: Page) {
    expect(await this.findingsOn(page)).toEqual([]);
  }
}
