import { expect, test } from "../environment/fixtures.ts";
import { InboxScreen } from "../screens/inbox.ts";
import type { ChannelAccount, Message } from "../support/api.ts";
import { letter } from "../support/letter.ts";

const howMany = 90;

test("a link to a message opens it, however far back, and marks it", async ({
  browserOf,
  workspace,
}) => {
  const account = await workspace.createApiAccount("Links");
  const { id } = await workspace.createApiConversation(account, "Lena Link", "Message 1");
  const ids: string[] = [];
  for (let n = 2; n <= howMany; n += 1) {
    const { id: message } = await workspace.admin.post<Message>(`/conversations/${id}/messages`, {
      direction: "inbound",
      body_text: `Message ${n}`,
    });
    ids.push(message);
  }
  const context = await browserOf("bo");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  const inbox = new InboxScreen(page);
  await page.goto(`/inbox/all/${id}#${ids[1]}`);
  const third = inbox.timeline.getByText("Message 3", { exact: true });
  await expect(third).toBeInViewport();
  await expect(page.locator("[data-row]:focus")).toContainText("Message 3");

  // The menu of the message hands out the link that leads there.
  await third.hover();
  const article = inbox.timeline
    .getByRole("article")
    .filter({ has: page.getByText("Message 3", { exact: true }) });
  await article.getByRole("button", { name: "More about this message" }).click();
  await page.getByRole("menuitem", { name: "Copy link" }).click();
  await expect
    .poll(() => page.evaluate(() => navigator.clipboard.readText()))
    .toBe(`${new URL(page.url()).origin}/inbox/all/${id}#${ids[1]}`);

  // Another link into the same thread moves there, and back again.
  await page.evaluate((hash) => location.assign(hash), `#${ids.at(-2)}`);
  await expect(
    inbox.timeline.getByText(`Message ${howMany - 1}`, { exact: true }),
  ).toBeInViewport();
  await page.goBack();
  await expect(third).toBeInViewport();

  await page.goto(`/inbox/all/${id}#msg_00000000000000000000000000`);
  await expect(page.getByText("This message is not here any more.")).toBeVisible();
});

test("a message is quoted in the answer, beside what is written already", async ({
  browserOf,
  workspace,
}) => {
  const account = await workspace.createApiAccount("Quotes");
  const { id } = await workspace.createApiConversation(account, "Quinn Quote", "Red or blue?");
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("all", id);
  await inbox.editor.fill("Hello Quinn");
  const article = await inbox.message("Red or blue?");
  await article.hover();
  await article.getByRole("button", { name: "More about this message" }).click();
  await page.getByRole("menuitem", { name: "Reply with quote" }).click();
  await expect(inbox.editor).toBeFocused();
  await expect(inbox.editor).toHaveValue(
    /^Hello Quinn\n\nQuinn Quote wrote on .*:\n> Red or blue\?/,
  );
  await page.keyboard.type("Blue.");
  await inbox.composer.getByRole("button", { name: "Send", exact: true }).click();
  await inbox.expectMessages("> Red or blue?\n\nBlue.", 1);

  // A note is for the team alone.
  await inbox.addNote("Never to be quoted.");
  const note = await inbox.message("Never to be quoted.");
  await note.hover();
  await note.getByRole("button", { name: "More about this message" }).click();
  await expect(page.getByRole("menuitem", { name: "Copy link" })).toBeVisible();
  await expect(page.getByRole("menuitem", { name: "Reply with quote" })).toHaveCount(0);
});

test("mail is quoted as a quotation", async ({ browserOf, workspace }) => {
  const to = "quotes@company.test";
  const ingest = await workspace.admin.post<ChannelAccount>("/channel-accounts", {
    channel: "email",
    name: "Mail that can be answered",
    config: {
      address: to,
      inbound: { kind: "http" },
      outbound: { kind: "smtp", host: "127.0.0.1", port: 9, tls: "none" },
    },
  });
  const { conversation_id: id } = await workspace.admin.ingest(
    ingest.id,
    letter({ to, subject: "Quoted", text: "Is <b>this</b> open on Sunday?" }),
  );
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("all", id);
  const article = inbox.timeline.getByRole("article").first();
  await article.hover();
  await article.getByRole("button", { name: "More about this message" }).click();
  const quote = page.getByRole("menuitem", { name: "Reply with quote" });
  await quote.click();
  await expect(inbox.composer.locator("blockquote")).toHaveText("Is <b>this</b> open on Sunday?");
});
