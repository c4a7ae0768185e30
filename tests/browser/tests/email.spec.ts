import { expect, test } from "../environment/fixtures.ts";
import { listenerDomain, type MailServers } from "../environment/mail-servers.ts";
import { salesAddress, supportAddress, type Workspace } from "../environment/workspace.ts";
import { InboxScreen } from "../screens/inbox.ts";
import { EmailAccountForm } from "../screens/settings.ts";

async function order(
  { workspace, mail }: { workspace: Workspace; mail: MailServers },
  customer: string,
  subject: string,
  body: string,
) {
  await workspace.supportAccount(mail);
  await mail.send({
    from: customer,
    to: supportAddress,
    subject,
    body,
    headers: {
      From: `Ana Kovač <${customer}>`,
      "Message-Id": `<${subject.replace(/\W/g, "")}@customer.test>`,
    },
  });
}

test("an administrator connects a mailbox, and mistakes are explained in words", async ({
  browserOf,
  mail,
}) => {
  const page = await (await browserOf("dana")).newPage();
  const form = new EmailAccountForm(page);
  await form.open();
  await form.fill({
    name: "Sales mail",
    address: salesAddress,
    username: salesAddress,
    password: "wrong",
    imapPort: mail.ports.imap,
    smtpPort: mail.ports.smtp,
  });
  await form.save();
  await form.test();
  await expect(form.failedChecks).not.toHaveCount(0);
  await expect(form.failedChecks.first()).toContainText(/password/i);

  await form.fillPasswords(mail.password(salesAddress));
  await form.save();
  await form.test();
  await expect(form.failedChecks).toHaveCount(0);
  await expect(form.passedChecks).not.toHaveCount(0);
});

test("a mail arrives live, is answered, and the answer threads in the customer's mailbox", async ({
  browserOf,
  workspace,
  mail,
  customer,
}) => {
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("unassigned");
  await order({ workspace, mail }, customer, "Order 10234", "It has not arrived. Where is it?");

  await inbox.row(/Order 10234/).click();
  await inbox.expectMessages("It has not arrived.", 1);
  await inbox.assignToMe();
  await expect(page.getByRole("button", { name: "Assigned to Bo Chen" })).toBeVisible();
  await inbox.reply("It left our warehouse on Tuesday.");
  await inbox.expectMessages("It left our warehouse on Tuesday.", 1);

  const answer = await mail.mailbox(customer).waitForSubject("Re: Order 10234");
  expect(answer.header("In-Reply-To")).toBe("<Order10234@customer.test>");
  expect(answer.header("References")).toContain("<Order10234@customer.test>");
  expect(answer.header("From")).toContain(supportAddress);
  expect(answer.raw).toContain("It left our warehouse on Tuesday.");
  await expect((await inbox.message("It left our warehouse")).getByText("Sent")).toBeVisible();

  // The customer answers the answer, and it joins the same conversation.
  await mail.send({
    from: customer,
    to: supportAddress,
    subject: "Re: Order 10234",
    body: "Thank you, it is here now.",
    headers: {
      "In-Reply-To": answer.header("Message-ID"),
      References: `${answer.header("References")} ${answer.header("Message-ID")}`,
    },
  });
  await inbox.expectMessages("Thank you, it is here now.", 1);
  await inbox.expectMessages("It has not arrived.", 1);
});

test("a note stays inside the team", async ({ browserOf, workspace, mail, customer }) => {
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("unassigned");
  await order({ workspace, mail }, customer, "Invoice question", "Why two invoices?");
  await inbox.row(/Invoice question/).click();
  await inbox.addNote("She was charged twice in March as well.");
  await inbox.expectMessages("charged twice in March", 1);
  await inbox.reply("One of them is a credit note.");

  const answer = await mail.mailbox(customer).waitForSubject("Re: Invoice question");
  expect(answer.raw).toContain("credit note");
  const everything = await mail.mailbox(customer).messages();
  expect(everything.map((one) => one.raw).join("\n")).not.toContain("March");
});

test("undo takes a mail back before it leaves", async ({
  browserOf,
  workspace,
  mail,
  customer,
}) => {
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("unassigned");
  await order({ workspace, mail }, customer, "Half an answer", "Hello?");
  await inbox.row(/Half an answer/).click();
  await inbox.reply("This was too fast.");
  await page.getByRole("button", { name: "Undo", exact: true }).click();
  await expect(inbox.editor).toContainText("This was too fast.");

  // What is sent afterwards is all that the customer gets.
  await inbox.reply("This is the right answer.");
  await mail.mailbox(customer).waitForSubject("Re: Half an answer");
  const everything = await mail.mailbox(customer).messages();
  expect(everything.map((one) => one.raw).join("\n")).not.toContain("too fast");
});

test("a mail that cannot be delivered is shown as not sent, with the reason", async ({
  browserOf,
  workspace,
  mail,
}) => {
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("unassigned");
  await order(
    { workspace, mail },
    "nobody-reads-this@customer.test",
    "Lost letter",
    "Please answer.",
  );
  await inbox.row(/Lost letter/).click();
  await inbox.reply("Here is the answer.");
  const message = await inbox.message("Here is the answer.");
  await expect(message).toContainText(/Not sent|Returned/, { timeout: 40_000 });
  await expect(message).toContainText(/5\.1\.1|doesn't exist|unknown/i);
});

test("another mail server hands mail to the built-in listener", async ({
  browserOf,
  mail,
  workspace,
  customer,
}) => {
  const address = `help@${listenerDomain}`;
  await workspace.admin.post("/channel-accounts", {
    channel: "email",
    name: "Help desk",
    config: { address, inbound: { kind: "listener" }, outbound: { kind: "none" } },
  });
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("unassigned");
  await mail.send({
    from: customer,
    to: address,
    subject: "By the listener",
    body: "Hello there.",
  });
  await inbox.row(/By the listener/).click();
  await inbox.expectMessages("Hello there.", 1);
});
