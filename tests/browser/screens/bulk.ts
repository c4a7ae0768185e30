/** The bar that appears while conversations are picked in the list. */
import type { Locator, Page } from "@playwright/test";

export class BulkBar {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get bar(): Locator {
    return this.page.getByRole("region", { name: "Selected conversations" });
  }

  get actions(): Locator {
    return this.bar.getByRole("toolbar");
  }

  /** The rows that are picked, by what they are called. */
  get pickedRows(): Locator {
    return this.page.getByRole("option", { selected: true });
  }

  button(name: string | RegExp): Locator {
    return this.actions.getByRole("button", { name });
  }

  get refusals(): Locator {
    return this.bar.getByRole("list", { name: "Conversations that did not change" });
  }
}
