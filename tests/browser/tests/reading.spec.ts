import { expect, test } from "../environment/fixtures.ts";
import { InboxScreen } from "../screens/inbox.ts";
import { letter } from "../support/letter.ts";

const wide = `<table width="760" bgcolor="#eeeeee"><tr><td style="width:380px">Left of the leaflet</td>
<td style="width:380px;text-align:right">Right of the leaflet</td></tr>
<tr><td colspan="2" height="420" valign="bottom">Foot of the leaflet</td></tr></table>`;

for (const width of [390, 1440]) {
  test(`a mail designed for a wide window is whole at ${width} pixels`, async ({
    browserOf,
    workspace,
  }) => {
    const to = `leaflet${width}@company.test`;
    const account = await workspace.createIngestAccount(to);
    const { conversation_id: id } = await workspace.admin.ingest(
      account.id,
      letter({ to, subject: "Leaflet", html: wide }),
    );
    const context = await browserOf("bo", { viewport: { width, height: 844 } });
    const page = await context.newPage();
    await page.goto(`/inbox/all/${id}`);
    const inbox = new InboxScreen(page);
    const frame = inbox.mailFrame(inbox.timeline.getByRole("article").first());
    await expect(frame.getByText("Foot of the leaflet")).toBeVisible();
    await expect
      .poll(() =>
        frame.locator("body").evaluate((body) => {
          const { clientWidth, clientHeight, scrollWidth } = document.documentElement;
          const { height } = body.getBoundingClientRect();
          return { cutAside: scrollWidth > clientWidth, cutBelow: height > clientHeight };
        }),
      )
      .toEqual({ cutAside: false, cutBelow: false });
  });
}

test("on a phone a reply takes room only once it is begun", async ({ browserOf, workspace }) => {
  const account = await workspace.createApiAccount("Phones");
  const { id } = await workspace.createApiConversation(account, "Mobile Ana", "Hello?");
  const context = await browserOf("bo", { viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  await page.goto(`/inbox/all/${id}`);
  const inbox = new InboxScreen(page);
  const send = inbox.composer.getByRole("button", { name: "Send", exact: true });
  await expect(inbox.editor).toBeVisible();
  await expect(send).toBeHidden();
  await inbox.editor.click();
  await expect(send).toBeVisible();
  await inbox.editor.fill("Begun");
  await inbox.editor.blur();
  await expect(send).toBeVisible();
});

test("an open conversation that the list leaves out is named, with the way to it", async ({
  browserOf,
  workspace,
}) => {
  const account = await workspace.createApiAccount("Elsewhere");
  const { id } = await workspace.createApiConversation(account, "Absent Ana", "Where am I?");
  const page = await (await browserOf("bo")).newPage();
  const inbox = new InboxScreen(page);
  const filtered = inbox.list.getByText("Absent Ana Open, but hidden by a filter");
  const elsewhere = inbox.list.getByText("Absent Ana Open, but not in this view");

  await page.goto(`/inbox/all/${id}?status=solved`);
  await expect(filtered).toBeVisible();
  await inbox.list.getByRole("button", { name: "Clear all" }).first().click();
  await expect(filtered).toBeHidden();
  await expect(inbox.row(/Absent Ana/)).toBeVisible();

  await inbox.open("mine", id);
  await expect(elsewhere).toBeVisible();
  await inbox.list.getByRole("button", { name: "Show in All" }).click();
  await expect(elsewhere).toBeHidden();
  await expect(inbox.row(/Absent Ana/)).toHaveAttribute("aria-current", "true");
});

test("bright mail on a dark screen can be dimmed, and stays so", async ({
  browserOf,
  workspace,
}) => {
  const to = "bright@company.test";
  const account = await workspace.createIngestAccount(to);
  const { conversation_id: id } = await workspace.admin.ingest(
    account.id,
    letter({ to, subject: "Bright", html: wide }),
  );
  const page = await (await browserOf("bo", { colorScheme: "dark" })).newPage();
  const inbox = new InboxScreen(page);
  const mail = inbox.timeline.locator("iframe").locator("..");
  await inbox.open("all", id);
  await expect(mail).toHaveCSS("filter", "none");
  await inbox.timeline.getByRole("button", { name: "Dim" }).click();
  await expect(mail).toHaveCSS("filter", /brightness/);
  await page.reload();
  await expect(mail).toHaveCSS("filter", /brightness/);
  await inbox.timeline.getByRole("button", { name: "Dim" }).click();
  await expect(mail).toHaveCSS("filter", "none");
});
