import type { Page } from "@playwright/test";
import { expect, test } from "../environment/fixtures.ts";
import type { Workspace } from "../environment/workspace.ts";
import { InboxScreen } from "../screens/inbox.ts";
import { letter } from "../support/letter.ts";

/** A conversation with this many answers, numbered from 1. */
async function longThread(workspace: Workspace, name: string, count: number): Promise<string> {
  const account = await workspace.createApiAccount(`${name} API`);
  const { id } = await workspace.createApiConversation(account, name, "The very first one.");
  for (let from = 1; from <= count; from += 20) {
    for (let number = from; number < from + 20; number += 1) {
      await workspace.admin.post(`/conversations/${id}/messages`, {
        body_text: `Answer ${number} of ${name}. ${"More words. ".repeat(number % 7)}`,
      });
    }
    await workspace.admin.post(`/conversations/${id}/notes`, { body_text: `Note after ${from}.` });
  }
  return id;
}

/** Goes up in the way a reader does, until the very first message is there. */
async function readToTheTop(page: Page, inbox: InboxScreen, eachStep: () => Promise<void>) {
  const first = inbox.timeline.getByText("The very first one.");
  await inbox.timeline.hover();
  await expect
    .poll(
      async () => {
        await page.mouse.wheel(0, -3_000);
        await eachStep();
        return first.isVisible();
      },
      { intervals: [50], timeout: 60_000 },
    )
    .toBe(true);
}

test("of a very long thread only what is near the view is on the screen", async ({
  browserOf,
  workspace,
}) => {
  const id = await longThread(workspace, "Endless Ana", 300);
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("all", id);
  await expect(inbox.timeline.getByText("Answer 300 of")).toBeInViewport();
  const mounted: number[] = [];
  await readToTheTop(page, inbox, async () => {
    mounted.push(await inbox.timeline.getByRole("article").count());
  });
  // 316 rows have been read by now.
  expect(Math.max(...mounted)).toBeLessThan(160);
  expect(await inbox.timeline.getByRole("article").count()).toBeLessThan(100);

  await page.getByRole("button", { name: "Jump to the newest" }).click();
  await expect(inbox.timeline.getByText("Answer 300 of")).toBeInViewport();
  await workspace.admin.post(`/conversations/${id}/messages`, { body_text: "One more, live." });
  await expect(inbox.timeline.getByText("One more, live.")).toBeInViewport();
});

test("what is being read stays where it is while older messages arrive above it", async ({
  browserOf,
  workspace,
}) => {
  const id = await longThread(workspace, "Steady Ana", 120);
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  // Older pages wait until they are let through.
  let letThrough: () => void = () => undefined;
  const older = new Promise<void>((resolve) => {
    letThrough = resolve;
  });
  await page.route(/\/timeline\?.*cursor=/, async (route) => {
    await older;
    await route.continue();
  });
  await inbox.open("all", id);
  await expect(inbox.timeline.getByText("Answer 120 of")).toBeInViewport();
  await inbox.timeline.hover();
  // What stands beside its text may change, because it may turn out to follow another message closely.
  const oldest = inbox.timeline.getByRole("article").first();
  const [read = "-"] = /Answer \d+ of/.exec((await oldest.textContent()) ?? "") ?? [];
  await expect
    .poll(async () => {
      await page.mouse.wheel(0, -2_000);
      return inbox.timeline.evaluate((log) => log.scrollTop);
    })
    .toBe(0);
  const top = async () => (await inbox.timeline.getByText(read).boundingBox())?.y ?? 0;
  const before = await top();
  letThrough();
  await expect.poll(() => inbox.timeline.evaluate((log) => log.scrollTop)).toBeGreaterThan(100);
  await expect(inbox.timeline).toHaveAttribute("aria-busy", "false");
  // A line to show that the page was on its way stood above.
  expect(Math.abs((await top()) - before)).toBeLessThan(40);
});

test("the thread can be narrowed to notes, and the address says so", async ({
  browserOf,
  workspace,
}) => {
  const id = await longThread(workspace, "Noted Ana", 60);
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("all", id);
  await expect(inbox.timeline.getByText("Answer 60 of")).toBeVisible();
  await page.getByRole("button", { name: "What to show" }).click();
  await page.getByRole("menuitem", { name: "Notes only" }).click();
  await expect(page).toHaveURL(/show=notes/);
  await expect(inbox.timeline.getByRole("article")).toHaveCount(3);
  await expect(page.getByText("Only notes are shown.")).toBeVisible();
  await page.reload();
  await expect(inbox.timeline.getByText("Note after 41.")).toBeVisible();
  await expect(inbox.timeline.getByText("Answer 60 of")).toHaveCount(0);
  await page.getByRole("button", { name: "Show everything" }).click();
  await expect(inbox.timeline.getByText("Answer 60 of")).toBeVisible();
  await expect(page).not.toHaveURL(/show=/);
});

test("a long thread opens at the first message that was not read", async ({
  browserOf,
  workspace,
}) => {
  const to = "unread@company.test";
  const account = await workspace.createIngestAccount(to);
  const from = "ana.unread@customer.test";
  const words = "A line of a long mail.\n".repeat(60);
  const first = letter({ to, from, subject: "Unread", text: `Read before.\n${words}` });
  const { conversation_id: id } = await workspace.admin.ingest(account.id, first);
  await (await workspace.api("bo")).post(`/conversations/${id}/read`);
  for (const text of ["Unread one.", "Unread two."]) {
    await workspace.admin.ingest(
      account.id,
      letter({ to, from, subject: "Re: Unread", text: `${text}\n${words}` }),
    );
  }
  const page = await (await browserOf("bo")).newPage();
  // By then the conversation has been open long enough to count as read.
  await page.route(/\/timeline/, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await route.continue();
  });
  const inbox = new InboxScreen(page);
  await inbox.open("all", id);
  await expect(inbox.timeline.getByText("Unread one.")).toBeInViewport();
});
