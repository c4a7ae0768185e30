/** The inbox as a teammate sees it: the list, the open conversation, and the composer. */
import { expect, type Locator, type Page } from "@playwright/test";

export type View = "mine" | "unassigned" | "all" | "drafts";

export class InboxScreen {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async open(view: View = "all", conversationId?: string) {
    await this.page.goto(`/inbox/${view}${conversationId ? `/${conversationId}` : ""}`);
    await expect(this.list).toBeVisible();
  }

  get list() {
    return this.page.getByRole("region", { name: "Conversations", exact: true });
  }

  /** Rows carry everything there is to know about a conversation in their accessible name. */
  row(text: string | RegExp): Locator {
    return this.list.getByRole("option", { name: text });
  }

  get timeline() {
    return this.page.getByRole("log");
  }

  /** The text of each message; mail written in HTML has it in a frame of its own. */
  async texts(): Promise<string[]> {
    return this.timeline.getByRole("article").evaluateAll((articles) =>
      articles.map((article) => {
        const frame = article.querySelector("iframe")?.contentDocument?.body;
        return [article as HTMLElement, frame].map((part) => part?.innerText ?? "").join("\n");
      }),
    );
  }

  /** Waits until the text stands in this many messages. */
  async expectMessages(text: string, count: number, timeout = 20_000) {
    await expect
      .poll(async () => (await this.texts()).filter((one) => one.includes(text)).length, {
        message: `messages that say "${text}"`,
        timeout,
      })
      .toBe(count);
  }

  /** Waits for the one message that says this. */
  async message(text: string): Promise<Locator> {
    await this.expectMessages(text, 1);
    const texts = await this.texts();
    return this.timeline.getByRole("article").nth(texts.findIndex((one) => one.includes(text)));
  }

  /** The frame in which mail written in HTML is shown. */
  mailFrame(article: Locator) {
    return article.locator("iframe").contentFrame();
  }

  get composer() {
    return this.page.getByRole("region", { name: "Write" });
  }

  get editor() {
    return this.composer.getByRole("textbox", { name: /^(Reply|Note)/ });
  }

  async choose(mode: "Reply" | "Note") {
    await this.composer.getByRole("button", { name: mode, exact: true }).click();
  }

  /** Mail is held back for some seconds so that it can be undone; Ctrl+Enter is how most people send. */
  async reply(text: string) {
    await this.choose("Reply");
    await this.editor.fill(text);
    await this.composer.getByRole("button", { name: "Send", exact: true }).click();
  }

  async addNote(text: string) {
    await this.choose("Note");
    await this.editor.fill(text);
    await this.composer.getByRole("button", { name: "Add note" }).click();
  }

  get assignButton() {
    return this.page.getByRole("button", { name: /^Assign|^Assigned to/ });
  }

  async assignToMe() {
    await this.assignButton.click();
    await this.page.getByRole("option", { name: /\(me\)/ }).click();
  }

  get closeButton() {
    return this.page.getByRole("button", { name: "Close conversation" });
  }
}
