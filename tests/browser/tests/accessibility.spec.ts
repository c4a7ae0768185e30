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
    await test.step("an open conversation, answering and noting", async () => {
      await page.goto(`/inbox/all/${id}`);
      const inbox = new InboxScreen(page);
      await inbox.timeline.waitFor();
      await expectAccessible(page);
      await inbox.choose("Note");
      await expectAccessible(page);
    });
    await test.step("the command palette and the shortcut sheet", async () => {
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+k");
      await page.getByRole("dialog").waitFor();
      await expectAccessible(page);
    });
    const stranger = await (await browserOfNobody(look)).newPage();
    await test.step("log-in", async () => {
      await stranger.goto("/login");
      await stranger.getByRole("button", { name: "Log in" }).waitFor();
      await expectAccessible(stranger);
    });
  });
}
