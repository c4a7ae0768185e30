import type { Page } from "@playwright/test";
import { expect, test } from "../environment/fixtures.ts";
import { InboxScreen } from "../screens/inbox.ts";
import { expectAccessible } from "../support/accessibility.ts";
import { letter } from "../support/letter.ts";

const looks = [
  { name: "light, desktop", colorScheme: "light", viewport: { width: 1440, height: 900 } },
  { name: "dark, desktop", colorScheme: "dark", viewport: { width: 1440, height: 900 } },
  { name: "light, phone", colorScheme: "light", viewport: { width: 390, height: 844 } },
  { name: "dark, phone", colorScheme: "dark", viewport: { width: 390, height: 844 } },
] as const;

const screens = [
  "/inbox/all",
  "/inbox/mine",
  "/contacts",
  "/search?q=hello",
  "/settings/profile",
  "/settings/workspace",
  "/settings/people",
  "/settings/channels",
  "/settings/channels/new-email",
  "/settings/channels/new-chat",
  "/settings/channels/new-api",
  "/settings/tokens",
  "/settings/failures",
  "/nothing-is-here",
];

for (const { name, ...look } of looks) {
  test(`every screen is accessible (${name})`, async ({
    browserOf,
    browserOfNobody,
    workspace,
  }) => {
    test.setTimeout(300_000);
    const to = `accessible.${name.replace(/\W+/g, ".")}@company.test`;
    const account = await workspace.createIngestAccount(to);
    const html = "<p>Hello, this is <b>HTML</b>.</p>";
    const { conversation_id: id } = await workspace.admin.ingest(
      account.id,
      letter({ to, subject: "Accessible", html }),
    );
    await workspace.admin.post(`/conversations/${id}/notes`, { body_text: "A note." });

    const page = await (await browserOf("dana", look)).newPage();
    for (const path of screens) {
      await test.step(path, async () => {
        await page.goto(path);
        await page.getByRole("heading").first().waitFor();
        await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
        await expectAccessible(page);
      });
    }
    const inbox = new InboxScreen(page);
    await test.step("an open conversation, answering and noting", async () => {
      await page.goto(`/inbox/all/${id}`);
      await inbox.timeline.waitFor();
      await expectAccessible(page);
      await inbox.choose("Note");
      await expectAccessible(page);
    });
    for (const key of ["s", "p", ".", "a"]) {
      await test.step(`what ${key} opens`, async () => {
        await inboxKey(page, key);
        await page.locator('[role="menu"], [role="dialog"]').waitFor();
        await expectAccessible(page);
        await page.keyboard.press("Escape");
        await expect(page.locator('[role="menu"], [role="dialog"]')).toHaveCount(0);
      });
    }
    await test.step("a menu that opens another", async () => {
      await inboxKey(page, ".");
      const inner = look.viewport.width < 500 ? "Change priority" : "Contact and history";
      await page.getByRole("menuitem", { name: inner }).click();
      if (look.viewport.width >= 500) {
        await expect(page).toHaveURL(/\/contacts\//);
        await page.goBack();
        await inbox.timeline.waitFor();
        return;
      }
      await expect(page.getByRole("menuitem", { name: "Urgent" })).toBeVisible();
      await expectAccessible(page);
      await page.keyboard.press("Escape");
      await expect(inbox.timeline).toBeFocused();
    });
    for (const name of ["What to show", "More about this message"]) {
      await test.step(`the menu "${name}"`, async () => {
        if (look.viewport.width < 500 && name === "What to show") return;
        await page.getByRole("button", { name }).first().click();
        await page.getByRole("menu").waitFor();
        await expectAccessible(page);
        await page.keyboard.press("Escape");
      });
    }
    for (const [keys, what] of [
      ["Control+k", "the command palette"],
      ["?", "the shortcut sheet"],
      ["Shift+C", "a new conversation"],
    ] as const) {
      await test.step(what, async () => {
        await inboxKey(page, keys);
        await page.getByRole("dialog").waitFor();
        await expectAccessible(page);
        await page.keyboard.press("Escape");
        await expect(page.getByRole("dialog")).toHaveCount(0);
      });
    }
    const stranger = await (await browserOfNobody(look)).newPage();
    await test.step("log-in", async () => {
      await stranger.goto("/login");
      await stranger.getByRole("button", { name: "Log in" }).waitFor();
      await expectAccessible(stranger);
    });
  });
}

/** Presses a key of the inbox, and not one of whatever has the focus. */
async function inboxKey(page: Page, keys: string) {
  await page.getByRole("log").focus();
  await page.keyboard.press(keys);
}
