/** The settings screens. */
import type { Locator, Page } from "@playwright/test";

interface EmailSettings {
  name: string;
  address: string;
  username: string;
  password: string;
  imapPort: number;
  smtpPort: number;
}

/** Connecting a mailbox, with mail servers on this machine and without TLS. */
export class EmailAccountForm {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async open() {
    await this.page.goto("/settings/channels/new-email");
  }

  async fill(settings: EmailSettings) {
    await this.page.getByLabel("Name", { exact: true }).fill(settings.name);
    await this.page.getByLabel("Address", { exact: true }).fill(settings.address);
    for (const [part, port] of [
      [this.incoming, settings.imapPort],
      [this.outgoing, settings.smtpPort],
    ] as const) {
      await part.getByLabel("Server").fill("127.0.0.1");
      await part.getByLabel("Port").fill(String(port));
      await part.getByLabel("Encryption").selectOption("none");
      await part.getByLabel("User name").fill(settings.username);
    }
    await this.fillPasswords(settings.password);
  }

  async fillPasswords(password: string) {
    for (const part of [this.incoming, this.outgoing]) {
      await part.getByLabel("Password").fill(password);
    }
  }

  async save() {
    await this.page.getByRole("button", { name: /^(Save|Connect)$/ }).click();
  }

  async test() {
    await this.page.getByRole("button", { name: "Test the connection" }).click();
  }

  get failedChecks(): Locator {
    return this.checks.filter({ hasText: ": failed" });
  }

  get passedChecks(): Locator {
    return this.checks.filter({ hasText: ": works" });
  }

  private get checks(): Locator {
    return this.section("Health").getByRole("listitem");
  }

  private get incoming(): Locator {
    return this.section("Receiving");
  }

  private get outgoing(): Locator {
    return this.section("Sending");
  }

  private section(heading: string): Locator {
    const title = this.page.getByRole("heading", { name: heading, exact: true });
    return this.page.locator("section").filter({ has: title });
  }
}
