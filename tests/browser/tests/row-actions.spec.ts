import { expect, test } from "../environment/fixtures.ts";
import { InboxScreen } from "../screens/inbox.ts";
import { expectAccessible } from "../support/accessibility.ts";

interface State {
  status: string;
  assignee: { name: string } | null;
  unread_count: number;
}

test("a row offers what can be done to it, and nothing is opened by doing it", async ({
  browserOf,
  workspace,
}) => {
  const account = await workspace.createApiAccount("Rows");
  const { id } = await workspace.createApiConversation(account, "Rosa Row", "Hello from a row");
  const { id: other } = await workspace.createApiConversation(account, "Otto Row", "Another row");
  const page = await (await browserOf("bo")).newPage();
  const state = (of: string) => workspace.admin.get<State>(`/conversations/${of}`);
  const inbox = new InboxScreen(page);
  await inbox.open("all");
  const row = inbox.row(/Rosa Row/);

  await row.hover();
  await row.getByTitle(/^Assign to me/).click();
  await expect(row).toHaveAccessibleName(/Assigned to Bo Chen/);
  await expect(row.getByTitle(/^Assign to me/)).toHaveCount(0);
  await row.getByTitle(/^Mark as read/).click();
  await expect(row).not.toHaveAccessibleName(/unread/);
  await row.getByTitle(/^Mark as unread/).click();
  await expect(row).toHaveAccessibleName(/1 unread/);
  await row.getByTitle(/^Close conversation/).click();
  await expect.poll(async () => (await state(id)).status).toBe("closed");
  expect((await state(id)).assignee?.name).toBe("Bo Chen");
  await expect(page).toHaveURL(/\/inbox\/all$/);

  // The right button offers the same as a menu, for this row and not for the one beside it.
  const second = inbox.row(/Otto Row/);
  await second.click({ button: "right" });
  const menu = page.getByRole("menu");
  await expect(menu.getByRole("menuitem")).toHaveText([
    /Assign to me/,
    /Close conversation/,
    /Mark as read/,
    /Select or unselect/,
  ]);
  await expectAccessible(page);
  await menu.getByRole("menuitem", { name: /Assign to me/ }).click();
  await expect.poll(async () => (await state(other)).assignee?.name).toBe("Bo Chen");
  await expect(page).toHaveURL(/\/inbox\/all$/);

  // And so does the menu key, for the row that the keys stand on.
  await second.click();
  await expect(page).toHaveURL(new RegExp(other));
  await page.getByRole("listbox").focus();
  await page.keyboard.press("Shift+F10");
  await expect(menu).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(menu).toBeHidden();
  await page.keyboard.press("Shift+F10");
  await menu.getByRole("menuitem", { name: /Close conversation/ }).press("Enter");
  await expect.poll(async () => (await state(other)).status).toBe("closed");
});

test("a finger held on a row opens its menu and not the conversation", async ({
  browserOf,
  workspace,
}) => {
  const account = await workspace.createApiAccount("Fingers");
  await workspace.createApiConversation(account, "Fiona Finger", "Hold me");
  const page = await (
    await browserOf("bo", { viewport: { width: 390, height: 844 }, hasTouch: true })
  ).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("all");
  const box = await inbox.row(/Fiona Finger/).boundingBox();
  const finger = await page.context().newCDPSession(page);
  const at = { x: (box?.x ?? 0) + 150, y: (box?.y ?? 0) + 30 };
  await finger.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [at] });
  await expect(page.getByRole("menu")).toBeVisible();
  await finger.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await page.getByRole("menuitem", { name: "Select or unselect" }).tap();
  await expect(page).toHaveURL(/\/inbox\/all$/);
  await expect(inbox.row(/Fiona Finger/)).toHaveAttribute("aria-selected", "true");
});

test("somebody who may only read is offered no changes", async ({ browserOf, workspace }) => {
  const account = await workspace.createApiAccount("Reading");
  await workspace.createApiConversation(account, "Rita Reads", "Only to be read");
  const page = await (await browserOf("rita")).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("all");
  await inbox.row(/Rita Reads/).click({ button: "right" });
  await expect(page.getByRole("menuitem")).toHaveText([/Mark as read/, /Select or unselect/]);
});
