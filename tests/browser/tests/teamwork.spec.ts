import type { Page, Request, Route } from "@playwright/test";
import { expect, test } from "../environment/fixtures.ts";
import { InboxScreen } from "../screens/inbox.ts";
import { letter } from "../support/letter.ts";

test("when two people take a conversation at once, one gets it and the other learns who", async ({
  browserOf,
  workspace,
}) => {
  const account = await workspace.createIngestAccount("race@company.test");
  const { conversation_id: id } = await workspace.admin.ingest(
    account.id,
    letter({ to: "race@company.test", subject: "Who takes me?" }),
  );
  const pages = await Promise.all([
    browserOf("bo").then((context) => context.newPage()),
    browserOf("mia").then((context) => context.newPage()),
  ]);
  const inboxes = pages.map((page) => new InboxScreen(page));
  for (const inbox of inboxes) await inbox.open("unassigned", id);

  const starter = await holdBack(pages, (request) => {
    return request.url().endsWith(`/conversations/${id}/assign`);
  });
  for (const inbox of inboxes) await inbox.assignToMe();
  await starter.release();

  await expect
    .poll(
      async () =>
        (await workspace.admin.get<{ assignee: unknown }>(`/conversations/${id}`)).assignee,
    )
    .not.toBeNull();
  const { assignee } = await workspace.admin.get<{ assignee: { name: string } }>(
    `/conversations/${id}`,
  );
  const winner = assignee.name;
  const loser = winner === "Bo Chen" ? pages[1] : pages[0];
  if (!loser) throw new Error("two people were expected");
  await expect(loser.getByText(`${winner} took this conversation just now.`).first()).toBeVisible();
  for (const page of pages) {
    await expect(page.getByRole("button", { name: `Assigned to ${winner}` })).toBeVisible();
  }
});

test("an answer is held when a teammate has answered meanwhile", async ({
  browserOf,
  workspace,
}) => {
  const account = await workspace.createApiAccount("Cooking API");
  const { id } = await workspace.createApiConversation(account, "Hungry Ana", "Is it ready?");
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("all", id);
  await inbox.choose("Reply");
  await inbox.editor.fill("Bo's answer.");

  // Bo's message is on its way when the colleague's is stored.
  const sending = await holdBack([page], (request) => {
    return request.method() === "POST" && request.url().endsWith(`/conversations/${id}/messages`);
  });
  await page.keyboard.press("Control+Enter");
  await sending.complete;
  const mia = await workspace.api("mia");
  await mia.post(`/conversations/${id}/messages`, { body_text: "Mia's answer." });
  await sending.release();

  const notice = page.getByRole("alert").filter({ hasText: "Mia Novak" });
  await expect(notice).toContainText("Mia's answer.");
  await expect(inbox.editor).toContainText("Bo's answer.");
  await notice.getByRole("button", { name: "Send anyway" }).click();
  await inbox.expectMessages("Bo's answer.", 1);
  const { data } = await mia.get<{ data: { body_text: string }[] }>(
    `/conversations/${id}/messages`,
  );
  expect(data.filter((message) => message.body_text.includes("Bo's answer."))).toHaveLength(1);
});

test("teammates see each other in a conversation", async ({ browserOf, workspace }) => {
  const account = await workspace.createApiAccount("Presence API");
  const { id } = await workspace.createApiConversation(account, "Lonely Ana", "Look here.");
  const bo = new InboxScreen(await (await browserOf("bo")).newPage());
  const mia = new InboxScreen(await (await browserOf("mia")).newPage());
  await bo.open("all", id);
  await mia.open("all", id);
  const alsoHere = bo.page.getByRole("list", { name: "Also here" });
  await expect(alsoHere).toContainText("Mia Novak is viewing");
  await mia.choose("Reply");
  await mia.editor.pressSequentially("Dear");
  await expect(alsoHere).toContainText("Mia Novak is writing a reply");
  await mia.page.close();
  await expect(alsoHere).toHaveCount(0);
});

test("somebody who may only read finds nothing to write with", async ({ browserOf, workspace }) => {
  const account = await workspace.createIngestAccount("readers@company.test");
  const { conversation_id: id } = await workspace.admin.ingest(
    account.id,
    letter({ to: "readers@company.test", subject: "Read only", text: "Just look." }),
  );
  const inbox = new InboxScreen(await (await browserOf("rita")).newPage());
  await inbox.open("all", id);
  await inbox.expectMessages("Just look.", 1);
  await expect(inbox.composer).toHaveCount(0);
  await expect(inbox.assignButton).toHaveCount(0);
  await expect(inbox.closeButton).toHaveCount(0);
});

/** Keeps the matching requests back until each page has made one, then lets them go together. */
async function holdBack(pages: Page[], matches: (request: Request) => boolean) {
  const waiting: Route[] = [];
  let allHere: () => void = () => undefined;
  const complete = new Promise<void>((resolve) => {
    allHere = resolve;
  });
  for (const page of pages) {
    await page.route("**/api/v1/**", async (route) => {
      if (!matches(route.request()) || waiting.length === pages.length) return route.fallback();
      waiting.push(route);
      if (waiting.length === pages.length) allHere();
    });
  }
  return {
    complete,
    async release() {
      await complete;
      await Promise.all(waiting.map((route) => route.continue()));
    },
  };
}
