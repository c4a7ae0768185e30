import { expect, test } from "../environment/fixtures.ts";
import { ChatVisitor, CustomerSite } from "../screens/chat-visitor.ts";
import { InboxScreen } from "../screens/inbox.ts";

test("a visitor and a teammate talk live, and a note never reaches the visitor", async ({
  browserOf,
  browserOfNobody,
  workspace,
  rapport,
}) => {
  const account = await workspace.createChatAccount();
  const site = await CustomerSite.open(rapport.url, account.widget_key ?? "");
  // A teammate is there, so the visitor is offered a chat and not an email form.
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("all");

  const visitor = await ChatVisitor.visit(await browserOfNobody(), site);
  await visitor.openChat();
  await visitor.write("Do you deliver to Malta?");
  await expect(visitor.log).toContainText("Do you deliver to Malta?");

  await inbox.row(/Do you deliver to Malta/).click();
  await inbox.expectMessages("Do you deliver to Malta?", 1);
  const details = page.getByRole("complementary", { name: "Details" });
  await expect(details.getByText("Website visitor", { exact: true }).last()).toBeVisible();
  await expect(details).not.toContainText("vis_");
  await inbox.addNote("Malta is expensive for us.");
  await inbox.expectMessages("Malta is expensive for us.", 1);
  await inbox.reply("Yes, within five days.");
  await expect(visitor.log).toContainText("Yes, within five days.");
  await expect(visitor.log).toContainText("Bo Chen");
  await visitor.write("Great, thanks.");
  await inbox.expectMessages("Great, thanks.", 1);
  await expect(visitor.log).not.toContainText("expensive");

  // The visitor finds the talk again after a reload, and each message once.
  await visitor.page.reload();
  await visitor.openChat();
  await expect(visitor.log.getByText("Yes, within five days.")).toHaveCount(1);
  await expect(visitor.log).not.toContainText("expensive");
  site.close();
});

test("each side sees that the other is typing", async ({
  browserOf,
  browserOfNobody,
  workspace,
  rapport,
}) => {
  const account = await workspace.createChatAccount();
  const site = await CustomerSite.open(rapport.url, account.widget_key ?? "");
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("all");
  const visitor = await ChatVisitor.visit(await browserOfNobody(), site);
  await visitor.openChat();
  await visitor.write("Is anybody typing?");
  await inbox.row(/Is anybody typing/).click();

  await visitor.panel.getByRole("textbox", { name: "Message" }).pressSequentially("One more");
  await expect(page.getByText(/is writing/).first()).toBeVisible();
  await inbox.choose("Reply");
  await inbox.editor.pressSequentially("Just a moment");
  await expect(visitor.log).toContainText(/Bo Chen is typing/);
  site.close();
});

test("two visitors never see each other", async ({
  browserOf,
  browserOfNobody,
  workspace,
  rapport,
}) => {
  const account = await workspace.createChatAccount();
  const site = await CustomerSite.open(rapport.url, account.widget_key ?? "");
  await new InboxScreen(await (await browserOf("bo")).newPage()).open("all");
  const first = await ChatVisitor.visit(await browserOfNobody(), site);
  const second = await ChatVisitor.visit(await browserOfNobody(), site);
  await first.openChat();
  await first.write("The first one's secret.");
  await second.openChat();
  await second.write("The second one's question.");
  await expect(first.log).toContainText("The first one's secret.");
  await expect(second.log).toContainText("The second one's question.");
  await second.page.reload();
  await second.openChat();
  await expect(second.log).toContainText("The second one's question.");
  await expect(second.log).not.toContainText("secret");
  site.close();
});
