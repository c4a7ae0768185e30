import { expect, test } from "../environment/fixtures.ts";
import type { Workspace } from "../environment/workspace.ts";
import { InboxScreen } from "../screens/inbox.ts";
import type { ChannelAccount, Message } from "../support/api.ts";
import { letter } from "../support/letter.ts";

const answering = (workspace: Workspace, address: string) =>
  workspace.admin.post<ChannelAccount>("/channel-accounts", {
    channel: "email",
    name: `Mail for ${address}`,
    config: {
      address,
      inbound: { kind: "http" },
      outbound: { kind: "smtp", host: "127.0.0.1", port: 9, tls: "none" },
    },
  });

test("to whom an answer goes stands above it, also after a mail to somebody else", async ({
  browserOf,
  workspace,
}) => {
  const to = "orders@company.test";
  const account = await answering(workspace, to);
  const from = "ana.order@customer.test";
  const { conversation_id: id } = await workspace.admin.ingest(
    account.id,
    letter({ to, from, subject: "Order 7", text: "Where is it?" }),
  );
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("all", id);
  const line = inbox.composer.getByRole("button", { name: "Change recipients and subject" });
  await expect(line).toContainText(from);
  await expect(line).toContainText("Re: Order 7");

  // A question to the supplier, with nobody else on it.
  await line.click();
  await inbox.composer.getByRole("button", { name: /^Remove/ }).click();
  await inbox.composer.getByLabel("To", { exact: true }).press("Tab");
  await inbox.editor.fill("When do you deliver?");
  const send = inbox.composer.getByRole("button", { name: "Send", exact: true });
  await expect(send).toBeDisabled();
  await expect(inbox.composer.getByText("Add somebody to write to.")).toBeVisible();
  await inbox.composer.getByLabel("To", { exact: true }).fill("depot@supplier.test");
  await inbox.composer.getByRole("button", { name: "Done" }).click();
  await expect(line).toContainText("depot@supplier.test");
  await expect(line).not.toContainText(from);
  await send.click();
  await inbox.expectMessages("When do you deliver?", 1);

  // The next answer is to whoever wrote to us, and that is what is sent.
  await expect(line).toContainText(from);
  await expect(line).not.toContainText("depot@supplier.test");
  await inbox.reply("It arrives on Monday.");
  await inbox.expectMessages("It arrives on Monday.", 1);
  const { data } = await workspace.admin.get<{ data: Message[] }>(`/conversations/${id}/messages`);
  expect(data.map((message) => message.to.map(({ address }) => address))).toEqual([
    [to],
    ["depot@supplier.test"],
    [from],
  ]);
});

test("a copy to nobody stays a copy to nobody on another device", async ({
  browserOf,
  workspace,
}) => {
  const to = "copies@company.test";
  const account = await answering(workspace, to);
  const { conversation_id: id } = await workspace.admin.ingest(
    account.id,
    letter({
      to,
      from: "cora.copy@customer.test",
      subject: "Copies",
      text: "With a copy to my boss.",
      headers: { Cc: "boss@customer.test" },
    }),
  );
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("all", id);
  const line = inbox.composer.getByRole("button", { name: "Change recipients and subject" });
  await expect(line).toContainText(/To.*cora\.copy.*Cc.*boss@customer\.test/);
  await line.click();
  await inbox.composer.getByRole("button", { name: /^Remove.*boss/ }).click();
  const saved = page.waitForResponse(
    (response) => response.request().method() === "PUT" && /drafts/.test(response.url()),
  );
  await inbox.editor.fill("Between the two of us.");
  await saved;

  const phone = await (await browserOf("bo", { viewport: { width: 390, height: 844 } })).newPage();
  const there = new InboxScreen(phone);
  await phone.goto(`/inbox/all/${id}`);
  await expect(there.editor).toContainText("Between the two of us.");
  const same = there.composer.getByRole("button", { name: "Change recipients and subject" });
  await expect(same).toContainText("cora.copy@customer.test");
  await expect(same).not.toContainText("boss@customer.test");
});
