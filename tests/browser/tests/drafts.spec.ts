import { expect, test } from "../environment/fixtures.ts";
import { InboxScreen } from "../screens/inbox.ts";

test("a note that was begun is there again, and nothing is asked for that is not", async ({
  browserOf,
  workspace,
}) => {
  const account = await workspace.createApiAccount("Drafts");
  const { id } = await workspace.createApiConversation(account, "Dora Draft", "A long story.");
  const page = await (await browserOf("bo")).newPage();
  const refused: string[] = [];
  page.on("response", (response) => {
    if (response.status() >= 400) refused.push(`${response.status()} ${response.url()}`);
  });
  const inbox = new InboxScreen(page);
  await inbox.open("all", id);
  await inbox.choose("Note");
  const saved = page.waitForResponse(
    (response) => response.request().method() === "PUT" && /drafts\/note/.test(response.url()),
  );
  await inbox.editor.fill("To be checked with Mia.");
  await saved;
  await page.reload();
  await expect(inbox.timeline.getByText("A long story.")).toBeVisible();
  await inbox.choose("Note");
  await expect(inbox.editor).toHaveValue("To be checked with Mia.");
  await inbox.editor.fill("");
  await page.waitForResponse((response) => response.request().method() === "DELETE");
  await page.reload();
  await expect(inbox.timeline.getByText("A long story.")).toBeVisible();
  await inbox.choose("Note");
  await expect(inbox.editor).toHaveValue("");
  expect(refused).toEqual([]);
});
