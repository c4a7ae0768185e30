import { expect, test } from "../environment/fixtures.ts";
import { salesAddress } from "../environment/workspace.ts";
import type { ChannelAccount } from "../support/api.ts";

test("what is wrong with a mailbox is said in plain words, and the server's own on request", async ({
  browserOf,
  workspace,
  mail,
}) => {
  const server = { host: "127.0.0.1", tls: "none", username: salesAddress };
  const { id } = await workspace.admin.post<ChannelAccount>("/channel-accounts", {
    channel: "email",
    name: "Locked mail",
    config: {
      address: "locked@company.test",
      inbound: { kind: "imap", ...server, port: mail.ports.imap, mailbox: "INBOX" },
      outbound: { kind: "smtp", host: "127.0.0.1", port: 9, tls: "none" },
    },
    secrets: { inbound_password: "not the password" },
  });
  const page = await (await browserOf("dana")).newPage();
  await page.goto(`/settings/channels/${id}`);
  await expect(page.getByText("Last sent")).toBeVisible();
  await page.getByRole("button", { name: "Test the connection" }).click();
  const logIn = page.getByRole("listitem").filter({ hasText: "Receiving: Log in" });
  await expect(logIn).toContainText("failed");
  await expect(logIn).toContainText("The server refused the log-in.");
  await expect(logIn).toContainText("Check user name and password.");
  const own = logIn.getByText(/AUTHENTICATIONFAILED|login was refused/i);
  await expect(own).toBeHidden();
  await logIn.getByText("Technical details").click();
  await expect(own).toBeVisible();
  const reach = page.getByRole("listitem").filter({ hasText: "Sending: Reach the server" });
  await expect(reach).toContainText("Check host name and port.");

  // The mailbox is read meanwhile, with the same outcome.
  await expect(page.getByText("The server refused the log-in.").first()).toBeVisible();
  await page.goto("/settings/channels");
  await expect(page.getByRole("link", { name: /Locked mail.*Not working/ })).toContainText(
    "The server refused the log-in.",
  );
  // Wrong passwords make the server answer everybody's log-ins later and later.
  await workspace.admin.request("DELETE", `/channel-accounts/${id}`);
});

test("of a channel that hands nothing to a mail server no sending is told", async ({
  browserOf,
  workspace,
}) => {
  const account = await workspace.createApiAccount("Orders");
  const { id } = await workspace.createApiConversation(account, "Olga Order", "Where is it?");
  await workspace.admin.post(`/conversations/${id}/messages`, { body_text: "On its way." });
  const page = await (await browserOf("dana")).newPage();
  await page.goto(`/settings/channels/${account.id}`);
  await expect(page.getByText("Last received")).toBeVisible();
  await expect(page.getByText("Last sent")).toHaveCount(0);
  await page.getByRole("button", { name: "Test the connection" }).click();
  await expect(page.getByRole("listitem").filter({ hasText: "Receiving" })).toContainText(
    /The last message arrived \d+ \w+ \d{4}/,
  );
});
