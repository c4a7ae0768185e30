import { expect, test } from "../environment/fixtures.ts";
import type { Workspace } from "../environment/workspace.ts";
import { BulkBar } from "../screens/bulk.ts";
import { InboxScreen } from "../screens/inbox.ts";
import { expectAccessible } from "../support/accessibility.ts";
import type { Conversation } from "../support/api.ts";

/** Conversations that one word in the list's search finds, the first one lowest. */
async function several(workspace: Workspace, word: string, count: number): Promise<string[]> {
  const account = await workspace.createApiAccount(`${word} API`);
  const ids: string[] = [];
  for (let number = 1; number <= count; number += 1) {
    const { id } = await workspace.createApiConversation(
      account,
      `${word} ${number}`,
      `About ${word}.`,
    );
    ids.push(id);
  }
  return ids;
}

async function expectEach(workspace: Workspace, ids: string[], wanted: Partial<Conversation>) {
  for (const id of ids) {
    await expect
      .poll(() => workspace.admin.get<Conversation>(`/conversations/${id}`))
      .toMatchObject(wanted);
  }
}

test("several conversations are picked, closed and brought back with keys alone", async ({
  browserOf,
  workspace,
}) => {
  const ids = await several(workspace, "Pelican", 5);
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  const bulk = new BulkBar(page);
  await page.goto("/inbox/unassigned?q=pelican");
  await expect(inbox.list.getByRole("option")).toHaveCount(5);

  await page.keyboard.press("Shift+J");
  await page.keyboard.press("Shift+J");
  await page.keyboard.press("Shift+J");
  await expect(bulk.bar).toContainText("3 selected");
  await page.keyboard.press("Shift+K");
  await expect(bulk.bar).toContainText("2 selected");
  await expect(bulk.pickedRows).toHaveCount(2);
  await page.keyboard.press("x");
  await expect(bulk.bar).toContainText("1 selected");
  await page.keyboard.press("Control+a");
  await expect(bulk.bar).toContainText("5 selected");
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await expect(bulk.bar).toHaveCount(0);
  await expect(page).toHaveURL(/unassigned\?q=pelican$/);

  await page.keyboard.press("Shift+J");
  await page.keyboard.press("Shift+J");
  await page.keyboard.press("e");
  await expect(page.getByText("2 conversations closed")).toBeVisible();
  await expect(inbox.list.getByRole("option")).toHaveCount(3);
  await expectEach(workspace, ids.slice(3), { status: "closed" });
  await page.keyboard.press("z");
  await expect(page.getByText("Undone for 2 conversations")).toBeVisible();
  await expectEach(workspace, ids, { status: "open" });
});

test("the bar assigns, sets status and priority and marks as read", async ({
  browserOf,
  workspace,
}) => {
  const ids = await several(workspace, "Heron", 4);
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  const bulk = new BulkBar(page);
  await page.goto("/inbox/all?q=heron");
  await inbox.row(/Heron 4/).click({ modifiers: ["Control"] });
  await inbox.row(/Heron 2/).click({ modifiers: ["Shift"] });
  await expect(bulk.bar).toContainText("3 selected");
  const middle = ids.slice(1);

  await bulk.button("Mark as read").click();
  await expect(page.getByText("3 conversations marked as read")).toBeVisible();
  await expect(inbox.row(/^1 unread|^Unread/)).toHaveCount(1);

  await page.keyboard.press("Control+a");
  await inbox.row(/Heron 1/).click({ modifiers: ["Control"] });
  await bulk.button("Set the priority").click();
  await page.getByRole("menuitem", { name: "High" }).click();
  await expectEach(workspace, middle, { priority: "high" } as Partial<Conversation>);

  await page.keyboard.press("Control+a");
  await inbox.row(/Heron 1/).click({ modifiers: ["Control"] });
  await page.keyboard.press("s");
  await page.getByRole("menuitem", { name: /^Waiting/ }).click();
  await expectEach(workspace, middle, { status: "waiting" });

  await page.keyboard.press("Control+a");
  await page.keyboard.press("a");
  await page.keyboard.type("mia");
  await page.keyboard.press("Enter");
  await expect(page.getByText("4 conversations assigned to Mia Novak")).toBeVisible();
  const mia = { id: workspace.people.mia.id, name: "Mia Novak" };
  await expectEach(workspace, ids, { assignee: mia });
});

test("what the server refuses is named with its reason, and the rest is done", async ({
  browserOf,
  workspace,
}) => {
  const ids = await several(workspace, "Osprey", 3);
  await workspace.admin.post(`/conversations/${ids[1]}/assign`, {
    user_id: workspace.people.mia.id,
  });
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  const bulk = new BulkBar(page);
  await page.goto("/inbox/all?q=osprey");
  await expect(inbox.list.getByRole("option")).toHaveCount(3);
  await page.keyboard.press("Control+a");
  await bulk.button("Assign to me").click();
  await expect(bulk.bar.getByRole("alert")).toContainText("1 conversation did not change.");
  await expect(bulk.refusals.getByRole("listitem")).toHaveCount(1);
  await expect(bulk.refusals).toContainText(/Osprey 2 #\d+\S*\s*\S+/);
  await expect(bulk.bar).toContainText("1 selected");
  await expectAccessible(page);
  const bo = { id: workspace.people.bo.id, name: "Bo Chen" };
  await expectEach(workspace, [ids[0] ?? "", ids[2] ?? ""], { assignee: bo });
  await bulk.bar.getByRole("button", { name: "Dismiss" }).click();
  await expect(bulk.refusals).toHaveCount(0);
});

test("who may only read is offered only what is theirs", async ({ browserOf, workspace }) => {
  await several(workspace, "Bittern", 2);
  const page = await (await browserOf("rita")).newPage();
  const bulk = new BulkBar(page);
  await page.goto("/inbox/all?q=bittern");
  await expect(page.getByRole("option")).toHaveCount(2);
  await page.keyboard.press("x");
  await expect(bulk.actions.getByRole("button")).toHaveCount(1);
  await expect(bulk.button("Mark as read")).toBeVisible();
  await page.keyboard.press("e");
  await expect(bulk.bar).toContainText("1 selected");
});
