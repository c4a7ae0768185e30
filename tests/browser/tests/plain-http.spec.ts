/** Browsers keep abilities from pages that come by plain HTTP from another machine; everything works without them. */
import type { BrowserContext } from "@playwright/test";
import { expect, test } from "../environment/fixtures.ts";
import { ChatVisitor, CustomerSite } from "../screens/chat-visitor.ts";
import { InboxScreen } from "../screens/inbox.ts";

/** Loopback addresses count as safe, so the abilities are taken away here. */
async function limit(context: BrowserContext): Promise<BrowserContext> {
  await context.addInitScript(() => {
    Reflect.deleteProperty(Crypto.prototype, "randomUUID");
    Reflect.deleteProperty(Navigator.prototype, "clipboard");
    Reflect.deleteProperty(Navigator.prototype, "locks");
  });
  return context;
}

test("a chat is held and a token copied without what only safe pages may do", async ({
  browserOf,
  browserOfNobody,
  workspace,
  rapport,
}) => {
  const account = await workspace.createChatAccount();
  const site = await CustomerSite.open(rapport.url, account.widget_key ?? "");
  const page = await (await limit(await browserOf("dana"))).newPage();
  const failures: string[] = [];
  page.on("pageerror", (error) => failures.push(error.message));
  const inbox = new InboxScreen(page);
  await inbox.open("all");

  const visitor = await ChatVisitor.visit(await limit(await browserOfNobody()), site);
  visitor.page.on("pageerror", (error) => failures.push(error.message));
  await visitor.openChat();
  await visitor.write("Is this line good enough?");
  await inbox.row(/Is this line good enough/).click();
  await inbox.reply("As good as any.");
  await expect(visitor.log).toContainText("As good as any.");

  await page.goto("/settings/tokens");
  await page.getByLabel("Name", { exact: true }).fill("Plain");
  await page.getByRole("button", { name: "Create token" }).click();
  const made = page.getByRole("status").filter({ hasText: "Token “Plain”" });
  await made.getByRole("button", { name: /^Copy/ }).click();
  await expect(made.getByRole("button", { name: /^Copied/ })).toBeVisible();
  await page.getByLabel("Name", { exact: true }).focus();
  await page.keyboard.press("ControlOrMeta+V");
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(
    (await made.locator("code").textContent()) ?? "",
  );
  expect(failures).toEqual([]);
  site.close();
});
