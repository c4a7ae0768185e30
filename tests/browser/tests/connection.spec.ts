import { expect, test } from "../environment/fixtures.ts";
import { InboxScreen } from "../screens/inbox.ts";
import { BreakableConnection } from "../support/breakable-connection.ts";
import { letter } from "../support/letter.ts";

for (const [name, failure] of [
  ["is refused", "refuse"],
  ["silently stops", "stall"],
] as const) {
  test(`after a connection that ${name} nothing is missing and nothing is there twice`, async ({
    browserOf,
    workspace,
    rapport,
  }) => {
    const to = `${failure}@company.test`;
    const account = await workspace.createIngestAccount(to);
    const ana = `ana.${failure}@customer.test`;
    const first = letter({ to, from: ana, subject: "Connection", text: "Before it broke." });
    const { conversation_id: id } = await workspace.admin.ingest(account.id, first);
    const line = await BreakableConnection.open(rapport.port);
    const page = await (await browserOf("bo", { url: line.url })).newPage();
    const inbox = new InboxScreen(page);
    await inbox.open("all", id);
    await inbox.expectMessages("Before it broke.", 1);

    line[failure]();
    for (const text of ["First while broken.", "Second while broken."]) {
      await workspace.admin.ingest(
        account.id,
        letter({ to, from: ana, subject: "Re: Connection", text }),
      );
    }
    await workspace.admin.post(`/conversations/${id}/notes`, { body_text: "A note while broken." });
    const other = letter({ to, subject: `Another one: ${name}`, text: "Hello." });
    await workspace.admin.ingest(account.id, other);
    await inbox.expectMessages("First while broken.", 0);
    line.repair();
    await page.evaluate(() => window.dispatchEvent(new Event("online")));

    for (const text of ["Before it broke.", "First while broken.", "Second while broken."]) {
      await inbox.expectMessages(text, 1, 45_000);
    }
    await inbox.expectMessages("A note while broken.", 1);
    await expect(inbox.row(`Another one: ${name}`)).toHaveCount(1);
    line.close();
  });
}

test("what was acknowledged survives a killed server, and open screens catch up", async ({
  browserOf,
  workspace,
  rapport,
}) => {
  const to = "crash@company.test";
  const account = await workspace.createIngestAccount(to);
  const { conversation_id: id } = await workspace.admin.ingest(
    account.id,
    letter({ to, subject: "Crash", text: "Before the crash." }),
  );
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("all", id);
  await inbox.addNote("Written right before.");
  await inbox.expectMessages("Written right before.", 1);
  await workspace.admin.post(`/conversations/${id}/notes`, { body_text: "Acknowledged." });
  await rapport.kill();
  await rapport.startAgain();
  await workspace.admin.post(`/conversations/${id}/notes`, { body_text: "After the crash." });
  for (const text of ["Written right before.", "Acknowledged.", "After the crash."]) {
    await inbox.expectMessages(text, 1, 45_000);
  }
});

test("text that is being written survives a reload and reaches another device", async ({
  browserOf,
  workspace,
}) => {
  const to = "drafts@company.test";
  const account = await workspace.createIngestAccount(to);
  const { conversation_id: id } = await workspace.admin.ingest(
    account.id,
    letter({ to, subject: "Draft" }),
  );
  const inbox = new InboxScreen(await (await browserOf("bo")).newPage());
  await inbox.open("all", id);
  await inbox.choose("Note");
  await inbox.editor.fill("Half a thought");
  await expect
    .poll(async () => {
      const api = await workspace.api("bo");
      const draft = await api
        .get<{ body_text: string }>(`/conversations/${id}/drafts/note`)
        .catch(() => null);
      return draft?.body_text;
    })
    .toBe("Half a thought");
  await inbox.page.reload();
  await inbox.choose("Note");
  await expect(inbox.editor).toHaveText("Half a thought");

  const elsewhere = new InboxScreen(await (await browserOf("bo")).newPage());
  await elsewhere.open("all", id);
  await elsewhere.choose("Note");
  await expect(elsewhere.editor).toHaveText("Half a thought");
});

test("an answer whose receipt was lost is not sent twice", async ({ browserOf, workspace }) => {
  const account = await workspace.createApiAccount("Lost receipts");
  const { id } = await workspace.createApiConversation(account, "Patient Ana", "Is it ready?");
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("all", id);
  await page.route(
    `**/conversations/${id}/messages`,
    async (route) => {
      // The server takes the message, and the line breaks before it can say so.
      await route.fetch();
      await route.abort("connectionreset");
    },
    { times: 1 },
  );
  await inbox.reply("Yes, since this morning.");
  await expect(inbox.composer.getByRole("alert")).toContainText("cannot arrive twice");
  await expect(inbox.editor).toHaveValue("Yes, since this morning.");
  await inbox.composer.getByRole("button", { name: "Send", exact: true }).click();
  await expect(inbox.editor).toHaveValue("");
  await expect(inbox.composer.getByRole("alert")).toHaveCount(0);
  await inbox.expectMessages("Yes, since this morning.", 1);
  await inbox.open("all", id);
  await inbox.expectMessages("Yes, since this morning.", 1);
});

test("without a network the screen stays, its menus open, and nothing goes missing", async ({
  browserOf,
  workspace,
}) => {
  const account = await workspace.createApiAccount("No network");
  const { id } = await workspace.createApiConversation(account, "Far Ana", "Hello?");
  const context = await browserOf("bo");
  const page = await context.newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("all", id);
  await page.waitForFunction(() =>
    ["palette", "toasts"].every((part) =>
      performance.getEntriesByType("resource").some(({ name }) => name.includes(`/${part}-`)),
    ),
  );
  await context.setOffline(true);
  await expect(page.getByText("Offline. You can read")).toBeVisible();
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog").getByRole("combobox")).toBeFocused();
  await page.keyboard.press("Escape");
  await inbox.reply("Written in a tunnel.");
  await expect(inbox.composer.getByRole("alert")).toBeVisible();
  await expect(inbox.editor).toHaveValue("Written in a tunnel.");
  await context.setOffline(false);
  await expect(page.getByText("Offline. You can read")).toBeHidden();
  await inbox.composer.getByRole("button", { name: "Send", exact: true }).click();
  await expect(inbox.editor).toHaveValue("");
  await inbox.expectMessages("Written in a tunnel.", 1);
});
