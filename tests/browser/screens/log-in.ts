/** The screens before the inbox: first run, log-in, accepting an invitation. */
import type { Page } from "@playwright/test";

export class LogInScreen {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get email() {
    return this.page.getByLabel("Email", { exact: true });
  }

  get password() {
    return this.page.getByLabel("Password", { exact: true });
  }

  get problem() {
    return this.page.getByRole("alert");
  }

  async logIn(email: string, password: string) {
    await this.email.fill(email);
    await this.password.fill(password);
    await this.page.getByRole("button", { name: "Log in" }).click();
  }
}
