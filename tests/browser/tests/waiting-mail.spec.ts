import { expect, test } from "../environment/fixtures.ts";
import type { Workspace } from "../environment/workspace.ts";
import { InboxScreen } from "../screens/inbox.ts";
import type { ChannelAccount, Message } from "../support/api.ts";
import { letter } from "../support/letter.ts";

/** Mail that somebody wrote to an account whose server for outgoing mail is away. */
async function mailOfUnreachableServer(workspace: Workspace, name: string) {
  const to = `${name}@company.test`;
  const account = await workspace.admin.post<ChannelAccount>("/channel-accounts", {
    channel: "email",
    name: `Server away: ${name}`,
    config: {
      address: to,
      inbound: { kind: "http" },
      outbound: { kind: "smtp", host: "127.0.0.1", port: 9, tls: "none" },
    },
  });
  const received = await workspace.admin.ingest(
    account.id,
    letter({ to, subject: name, text: "Is my bike ready?" }),
  );
  return { to, account, id: received.conversation_id };
}

interface Sent extends Message {
  email_message_id: string;
}

const answer = (workspace: Workspace, id: string, text: string) =>
  workspace.admin.post<Sent>(`/conversations/${id}/messages`, { body_text: text });

test("a mail that waits for its server can be tried at once, and be taken back with its words", async ({
  browserOf,
  workspace,
}) => {
  const { id } = await mailOfUnreachableServer(workspace, "waiting");
  const { id: messageId } = await answer(workspace, id, "It is ready on Friday.");
  const attempts = async () => {
    const path = `/conversations/${id}/messages/${messageId}`;
    const message = await workspace.admin.get<{ delivery: { attempts: number } }>(path);
    return message.delivery.attempts;
  };

  const reading = new InboxScreen(await (await browserOf("rita")).newPage());
  await reading.open("all", id);
  await expect(reading.timeline.getByText("Next attempt")).toBeVisible({ timeout: 20_000 });
  await expect(reading.timeline.getByRole("button", { name: "Take back" })).toHaveCount(0);

  const inbox = new InboxScreen(await (await browserOf("bo")).newPage());
  await inbox.open("all", id);
  await inbox.choose("Reply");
  await inbox.editor.fill("And the bill?");
  const before = await attempts();
  await inbox.timeline.getByRole("button", { name: "Try now" }).click();
  await expect.poll(attempts, { timeout: 20_000 }).toBeGreaterThan(before);
  await expect(inbox.timeline.getByText("Next attempt")).toBeVisible();

  await inbox.timeline.getByRole("button", { name: "Take back" }).click();
  await inbox.expectMessages("It is ready on Friday.", 0);
  await reading.expectMessages("It is ready on Friday.", 0);
  await expect(inbox.editor).toHaveText("It is ready on Friday.And the bill?");
  await expect(inbox.editor).toBeFocused();
});

test("a delivery report is a quiet line, and what it asks for is seen to in a closed conversation", async ({
  browserOf,
  workspace,
}) => {
  const { to, account, id } = await mailOfUnreachableServer(workspace, "reported");
  const sent = await answer(workspace, id, "It is ready.");
  await workspace.admin.post(`/conversations/${id}/close`);
  const part = (type: string, text: string) => `--b\r\nContent-Type: ${type}\r\n\r\n${text}\r\n`;
  await workspace.admin.ingest(
    account.id,
    letter({
      to,
      from: "Mail Delivery <mailer-daemon@mx.test>",
      subject: "Undelivered",
      headers: {
        "Return-Path": "<>",
        "Auto-Submitted": "auto-replied",
        "Content-Type": "multipart/report; report-type=delivery-status; boundary=b",
      },
      text: [
        part("text/plain", "Nobody lives at this address."),
        part(
          "message/delivery-status",
          "Reporting-MTA: dns; mx.test\r\n\r\nFinal-Recipient: rfc822; ana@customer.test\r\nAction: failed\r\nStatus: 5.1.1\r\n",
        ),
        part("text/rfc822-headers", `Message-ID: <${sent.email_message_id}>\r\nSubject: Re\r\n`),
        "--b--",
      ].join(""),
    }),
  );

  const inbox = new InboxScreen(await (await browserOf("bo")).newPage());
  await inbox.open("all", id);
  const report = inbox.timeline.getByRole("article", { name: /^Delivery report/ });
  const line = report.getByRole("button", { name: "Delivery report" });
  await expect(line).toHaveAttribute("aria-expanded", "false");
  await expect(report).not.toContainText("Mail Delivery");
  await line.click();
  await expect(report).toContainText("Mail Delivery");
  await expect(report).toContainText("Nobody lives at this address.");
  await expect(inbox.row(/Delivery report:/).first()).toBeVisible();

  const handled = inbox.page.getByRole("button", { name: "Mark as handled" });
  await handled.click();
  await expect(handled).toHaveCount(0);
  await expect
    .poll(async () => {
      const conversation = await workspace.admin.get<{
        requires_action: string | null;
        status: string;
      }>(`/conversations/${id}`);
      return [conversation.status, conversation.requires_action];
    })
    .toEqual(["closed", null]);
});

test("nothing is asked of the event stream until somebody has logged in again", async ({
  browserOf,
  workspace,
}) => {
  const page = await (await browserOf("bo")).newPage();
  let asked = 0;
  await page.route("**/api/v1/events*", async (route) => {
    asked += 1;
    await route.fulfill({
      status: 401,
      contentType: "application/problem+json",
      body: JSON.stringify({ type: "about:blank", title: "Log in.", status: 401 }),
    });
  });
  await page.goto("/inbox/all");
  const dialog = page.getByRole("dialog", { name: "Log in again" });
  await expect(dialog).toBeVisible();
  await page.waitForTimeout(5_000);
  expect(asked).toBeLessThanOrEqual(2);

  await page.unroute("**/api/v1/events*");
  await dialog.getByLabel("Password", { exact: true }).fill(workspace.people.bo.password);
  await dialog.getByRole("button", { name: "Log in" }).click();
  await expect(dialog).toHaveCount(0);
  const to = "again@company.test";
  const account = await workspace.createIngestAccount(to);
  await workspace.admin.ingest(account.id, letter({ to, subject: "Live again" }));
  await expect(new InboxScreen(page).row("Live again")).toBeVisible({ timeout: 20_000 });
});
