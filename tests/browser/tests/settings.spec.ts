/** Finding the way in the settings, and not losing what was typed there. */
import type { Page } from "@playwright/test";
import { expect, test } from "../environment/fixtures.ts";

const title = (page: Page, name: string) => page.getByRole("heading", { level: 1, name });

test("the way out of a channel leads to the lists, and removing it does too", async ({
  browserOf,
}) => {
  const page = await (await browserOf("dana")).newPage();
  await page.goto("/settings/channels/new-api");
  await page.getByLabel("Name", { exact: true }).fill("Till");
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await expect(title(page, "Till")).toBeFocused();
  const account = page.url();

  await page.getByRole("main").getByRole("link", { name: "Channels" }).click();
  await expect(page).toHaveURL(/\/settings\/channels$/);
  await page.goto(account);
  await page.getByRole("navigation").getByRole("link", { name: "People" }).click();
  await expect(page).toHaveURL(/\/settings\/people$/);

  await page.goto(account);
  await page.getByRole("button", { name: "Remove Till" }).click();
  await page.getByRole("button", { name: "Remove now" }).click();
  await expect(page).toHaveURL(/\/settings\/channels$/);
  await expect(title(page, "Channels")).toBeFocused();
  await expect(page.getByRole("link", { name: /Till/ })).toHaveCount(0);
});

test("on a phone the way back leads from a page to the list of settings", async ({ browserOf }) => {
  const context = await browserOf("dana", { viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  await page.goto("/settings/people");
  await page.getByRole("main").getByRole("link", { name: "Settings" }).click();
  await expect(page).toHaveURL(/\/settings$/);
  await expect(page.getByRole("link", { name: "API tokens" })).toBeVisible();
});

test("what is not saved outlives the switch above it, and leaving asks first", async ({
  browserOf,
  workspace,
}) => {
  const account = await workspace.createChatAccount();
  const page = await (await browserOf("dana")).newPage();
  await page.goto(`/settings/channels/${account.id}`);
  const site = page.getByLabel("Title", { exact: true });
  await site.fill("Half a name");
  const active = page.getByRole("switch", { name: "Switched on" });
  await active.click();
  await expect(page.getByText("Switched off", { exact: true })).toBeVisible();
  await expect(site).toHaveValue("Half a name");
  await active.click();

  await page.getByRole("link", { name: "People" }).click();
  const question = page.getByRole("dialog", { name: "Leave without saving?" });
  await question.getByRole("button", { name: "Stay here" }).click();
  await expect(question).toBeHidden();
  await expect(page.getByRole("link", { name: "People" })).toBeFocused();
  await expect(site).toHaveValue("Half a name");

  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Saved", { exact: true }).first()).toBeVisible();
  await page.getByRole("link", { name: "People" }).click();
  await expect(page).toHaveURL(/\/settings\/people$/);
});

test("a question before the chat names its answer, and each refusal stands at its field", async ({
  browserOf,
}) => {
  const page = await (await browserOf("dana")).newPage();
  await page.goto("/settings/channels/new-chat");
  await page.getByLabel("Name", { exact: true }).fill("Questions");
  await page.getByLabel("Title", { exact: true }).fill("Questions");
  await page.getByRole("button", { name: "Add a question" }).click();
  await expect(page.getByLabel("Question", { exact: true })).toBeFocused();
  await page.keyboard.type("How many nights?");
  const stored = page.getByLabel("Stored as");
  await expect(stored).toHaveValue("how_many_nights");
  await page.getByLabel("Kind").selectOption("choice");
  const connect = page.getByRole("button", { name: "Connect", exact: true });
  await connect.click();
  const choices = page.getByLabel("Choices, with commas between");
  await expect(choices).toBeFocused();
  await choices.fill("one, two");
  await page.getByLabel("Websites that may show this chat").fill("https://*");
  await connect.click();
  const websites = page.getByLabel("Websites that may show this chat");
  await expect(websites).toBeFocused();
  await expect(websites).toHaveAccessibleDescription(/An origin is written/);
  await websites.fill("");
  await connect.click();
  await expect(title(page, "Questions")).toBeFocused();
});

test("an address of another account is refused at its field", async ({ browserOf }) => {
  const page = await (await browserOf("dana")).newPage();
  const connect = async (name: string) => {
    await page.goto("/settings/channels/new-email");
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByLabel("Address", { exact: true }).fill("twice@company.test");
    await page.getByLabel("How mail arrives").selectOption("listener");
    await page.getByLabel("How mail leaves").selectOption("none");
    await page.getByLabel("Signature").fill("The team\nHarbour & Sea");
    await page.getByRole("button", { name: "Connect", exact: true }).click();
  };
  await connect("First");
  await expect(title(page, "First")).toBeVisible();
  await expect(page.getByLabel("Signature")).toHaveValue(/^<p>The team<br>Harbour &amp; Sea<\/p>$/);
  await connect("Second");
  const address = page.getByLabel("Address", { exact: true });
  await expect(address).toBeFocused();
  await expect(address).toHaveAccessibleDescription(/belongs to another channel account/);
});
