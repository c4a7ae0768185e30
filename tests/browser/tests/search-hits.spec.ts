import type { Page } from "@playwright/test";
import { expect, test } from "../environment/fixtures.ts";
import type { Workspace } from "../environment/workspace.ts";
import { InboxScreen } from "../screens/inbox.ts";
import type { Message } from "../support/api.ts";

interface Thread {
  id: string;
  /** The ids of the messages that came after the first. */
  messages: string[];
}

/** "Line 1" to "Line n", one of which has a word of its own. */
async function numberedThread(
  workspace: Workspace,
  name: string,
  count: number,
  word: { at: number; is: string },
): Promise<Thread> {
  const account = await workspace.createApiAccount(`${name} API`);
  const { id } = await workspace.createApiConversation(account, name, "Line 1.");
  const messages: string[] = [];
  for (let n = 2; n <= count; n += 1) {
    const message = await workspace.admin.post<Message>(`/conversations/${id}/messages`, {
      direction: "inbound",
      body_text: `Line ${n}.${n === word.at ? ` ${word.is}` : ""}`,
    });
    messages.push(message.id);
  }
  return { id, messages };
}

const linesIn = async (inbox: InboxScreen) =>
  (await inbox.texts()).flatMap((text) => /Line (\d+)\./.exec(text)?.[1] ?? []).map(Number);

/** Scrolls until the line is in view, and returns every line that has been on the screen meanwhile. */
async function scrollTo(page: Page, inbox: InboxScreen, line: number, step: number) {
  const seen = new Set<number>();
  await inbox.timeline.hover();
  await expect
    .poll(
      async () => {
        await page.mouse.wheel(0, step);
        for (const number of await linesIn(inbox)) seen.add(number);
        return seen.has(line);
      },
      { intervals: [60], timeout: 60_000 },
    )
    .toBe(true);
  return seen;
}

test("a search hit opens at its message, and the thread goes on both ways without a gap", async ({
  browserOf,
  workspace,
}) => {
  const { id } = await numberedThread(workspace, "Sonja Search", 200, {
    at: 90,
    is: "zebrafinch",
  });
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  const asked: string[] = [];
  page.on("request", (request) => {
    if (/\/timeline\?/.test(request.url())) asked.push(new URL(request.url()).search);
  });
  await page.goto("/search?q=zebrafinch");
  await page.getByRole("link", { name: /zebrafinch/ }).click();
  const hit = inbox.timeline.getByText("Line 90. zebrafinch");
  await expect(hit).toBeInViewport();
  await expect(page.locator("[data-row]:focus")).toContainText("Line 90.");
  await expect(page.getByRole("status").filter({ hasText: "Message from" })).toContainText(
    "Message from Sonja Search",
  );
  // It was asked for at once, and not reached page by page.
  expect(asked.filter((query) => query.includes("around="))).toHaveLength(1);
  await expect(inbox.timeline.getByText("Line 200.")).toHaveCount(0);

  // While each page is on its way, something new comes in and is announced before the page arrives.
  let newest = 200;
  await page.route(/\/timeline\?.*cursor=/, async (route) => {
    const response = await route.fetch();
    newest += 1;
    await workspace.admin.post(`/conversations/${id}/messages`, {
      direction: "inbound",
      body_text: `Line ${newest}.`,
    });
    await new Promise((resolve) => setTimeout(resolve, 400));
    await route.fulfill({ response });
  });
  const above = await scrollTo(page, inbox, 2, -900);
  await expect(page.getByRole("button", { name: /\d+ new/ })).toBeVisible();
  const below = await scrollTo(page, inbox, 200, 900);
  await page.unroute(/\/timeline\?.*cursor=/);
  for (const number of await scrollTo(page, inbox, newest, 900)) below.add(number);

  const seen = new Set([...above, ...below]);
  const missing = Array.from({ length: newest - 1 }, (_, index) => index + 2).filter(
    (number) => !seen.has(number),
  );
  expect(missing).toEqual([]);
  expect(newest).toBeGreaterThan(201);
  // In their order, and none of them twice.
  const last = await linesIn(inbox);
  expect(last).toEqual([...new Set(last)].sort((a, b) => a - b));
  expect(last.at(-1)).toBe(newest);

  // At the end, the thread follows what comes as it does elsewhere.
  await inbox.timeline.press("End");
  await expect(page.getByRole("button", { name: /Jump to the newest|new$/ })).toHaveCount(0);
  await workspace.admin.post(`/conversations/${id}/messages`, {
    direction: "inbound",
    body_text: "The very last one.",
  });
  await expect(inbox.timeline.getByText("The very last one.")).toBeInViewport();
});

test("from an old message one jumps to the newest, and so does what one sends", async ({
  browserOf,
  workspace,
}) => {
  const { id, messages } = await numberedThread(workspace, "Nora Newest", 130, {
    at: 20,
    is: "kingfisher",
  });
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  const old = inbox.timeline.getByText("Line 20. kingfisher");
  // As other programs spell such a link.
  await page.goto(`/inbox/all/${id}?message=${messages[18]}`);
  await expect(old).toBeInViewport();
  await expect(page).toHaveURL(new RegExp(`/${id}#${messages[18]}$`));

  const jump = page.getByRole("button", { name: "Jump to the newest" });
  await jump.focus();
  await page.keyboard.press("Enter");
  await expect(inbox.timeline.getByText("Line 130.")).toBeInViewport();
  await expect(jump).toHaveCount(0);
  await expect(inbox.timeline).toBeFocused();
  await expect(page).toHaveURL(new RegExp(`/${id}$`));

  // The quick search of the command menu leads to the message, too.
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("kingfisher");
  await page.getByRole("option", { name: /Line 20/ }).click();
  await expect(old).toBeInViewport();
  await inbox.reply("My answer to an old question.");
  await expect(inbox.timeline.getByText("My answer to an old question.")).toBeInViewport();
  await expect(inbox.timeline.getByText("Line 130.")).toBeVisible();
});
