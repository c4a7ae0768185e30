import { expect, test } from "../environment/fixtures.ts";
import { InboxScreen } from "../screens/inbox.ts";
import { letter } from "../support/letter.ts";

test("triage goes without a mouse: move, take, note, answer, close", async ({
  browserOf,
  workspace,
}) => {
  const to = "keys@company.test";
  const account = await workspace.createIngestAccount(to);
  const ids: string[] = [];
  for (const subject of ["Keys one", "Keys two", "Keys three"]) {
    const { conversation_id: id } = await workspace.admin.ingest(
      account.id,
      letter({ to, subject }),
    );
    ids.push(id);
  }
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("unassigned");
  await expect(inbox.row(/Keys three/)).toBeVisible();

  // The newest is first; `j` goes down.
  await page.keyboard.press("j");
  await expect(page).toHaveURL(new RegExp(ids[2] ?? "-"));
  await page.keyboard.press("j");
  await expect(page).toHaveURL(new RegExp(ids[1] ?? "-"));
  await page.keyboard.press("k");
  await expect(page).toHaveURL(new RegExp(ids[2] ?? "-"));

  await page.keyboard.press("i");
  await expect(page.getByRole("button", { name: "Assigned to Bo Chen" })).toBeVisible();
  await page.keyboard.press("n");
  await page.keyboard.type("Only keys so far.");
  await page.keyboard.press("Control+Enter");
  await inbox.expectMessages("Only keys so far.", 1);
  await page.keyboard.press("Escape");
  await page.keyboard.press("e");
  await expect
    .poll(
      async () =>
        (await workspace.admin.get<{ status: string }>(`/conversations/${ids[2]}`)).status,
    )
    .toBe("closed");

  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toContainText("Close");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog").getByRole("combobox")).toBeFocused();
  await page.keyboard.type("assign to me");
  await expect(page.getByRole("option", { name: /Assign to me/ })).toBeVisible();
});

test("letters typed into a field are never commands", async ({ browserOf, workspace }) => {
  const to = "letters@company.test";
  const account = await workspace.createIngestAccount(to);
  const { conversation_id: id } = await workspace.admin.ingest(
    account.id,
    letter({ to, subject: "Letters" }),
  );
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("all", id);
  await inbox.choose("Note");
  await inbox.editor.pressSequentially("e i u w j k ? / close");
  await expect(inbox.editor).toHaveText("e i u w j k ? / close");
  const { status, assignee } = await workspace.admin.get<{ status: string; assignee: unknown }>(
    `/conversations/${id}`,
  );
  expect({ status, assignee }).toEqual({ status: "open", assignee: null });
});

test("what is typed while the command menu is still on its way arrives in it, and does nothing else", async ({
  browserOf,
  workspace,
}) => {
  const to = "early@company.test";
  const account = await workspace.createIngestAccount(to);
  const { conversation_id: id } = await workspace.admin.ingest(
    account.id,
    letter({ to, subject: "Early keys" }),
  );
  const page = await (await browserOf("bo")).newPage();
  let letThrough: () => void = () => undefined;
  const code = new Promise<void>((resolve) => {
    letThrough = resolve;
  });
  await page.route(/\/assets\/palette-[^/]*\.js/, async (route) => {
    await code;
    await route.continue();
  });
  const inbox = new InboxScreen(page);
  await inbox.open("all", id);
  await inbox.timeline.waitFor();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("uie clo");
  letThrough();
  const field = page.getByRole("dialog").getByRole("combobox");
  await expect(field).toHaveValue("uie clo");
  await expect(field).toBeFocused();
  await page.keyboard.type("se");
  await expect(field).toHaveValue("uie close");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  const { status, assignee } = await workspace.admin.get<{ status: string; assignee: unknown }>(
    `/conversations/${id}`,
  );
  expect({ status, assignee }).toEqual({ status: "open", assignee: null });
});

test("what is typed right after the key for a note is text, however slow the screen is", async ({
  browserOf,
  workspace,
}) => {
  const account = await workspace.createApiAccount("Fast fingers");
  const { id } = await workspace.createApiConversation(account, "Quick Ana", "Quick?");
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("all", id);
  await expect(inbox.editor).toBeVisible();
  for (const [key, label] of [
    ["n", "Note for your team"],
    ["r", "Reply"],
  ]) {
    // Nothing is drawn between this press and the look at the focus, so no other key could be either.
    const focused = await page.evaluate(async (pressed) => {
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
      const init = { key: pressed, code: `Key${pressed?.toUpperCase()}`, bubbles: true };
      document.body.dispatchEvent(new KeyboardEvent("keydown", init));
      for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
      return document.activeElement?.getAttribute("aria-label");
    }, key);
    expect(focused).toBe(label);
  }
});
