/** Somebody on a customer's web site who uses the chat there. */
import { createServer, type Server } from "node:http";
import type { BrowserContext, FrameLocator, Page } from "@playwright/test";

/** A web site of its own origin with the one-line embed snippet. */
export class CustomerSite {
  readonly url: string;
  private readonly server: Server;

  private constructor(server: Server, url: string) {
    this.server = server;
    this.url = url;
  }

  static open(rapportUrl: string, widgetKey: string): Promise<CustomerSite> {
    const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title></head>
<body><main><h1>Shop</h1><p>Things to buy.</p></main>
<script async src="${rapportUrl}/widget.js" data-key="${widgetKey}"></script></body></html>`;
    return new Promise((resolve, reject) => {
      const server = createServer((_request, response) => {
        response.setHeader("Content-Type", "text/html; charset=utf-8");
        response.end(html);
      });
      server.once("error", reject);
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        if (!address || typeof address === "string") return reject(new Error("no port"));
        resolve(new CustomerSite(server, `http://127.0.0.1:${address.port}`));
      });
    });
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

export class ChatVisitor {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async visit(context: BrowserContext, site: CustomerSite): Promise<ChatVisitor> {
    const page = await context.newPage();
    await page.goto(site.url);
    return new ChatVisitor(page);
  }

  get launcher() {
    return this.page.getByRole("button", { name: /chat/i });
  }

  get panel(): FrameLocator {
    return this.page.frameLocator('iframe[src*="/widget/panel"]');
  }

  get log() {
    return this.panel.getByRole("log");
  }

  async openChat() {
    await this.launcher.first().click();
  }

  async write(text: string) {
    await this.panel.getByRole("textbox", { name: "Message" }).fill(text);
    await this.panel.getByRole("button", { name: "Send", exact: true }).click();
  }
}
