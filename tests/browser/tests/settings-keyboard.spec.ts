import type { Page } from "@playwright/test";
import { expect, test } from "../environment/fixtures.ts";

/** What has the focus, as somebody hears it. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement as HTMLElement | null;
    const label = element?.id
      ? document.querySelector(`label[for="${CSS.escape(element.id)}"]`)
      : null;
    return (label ?? element)?.textContent?.trim() ?? "";
  });

/** Presses Tab until it has come round to nothing new, and says what it met inside the screen. */
async function walk(page: Page, from: string): Promise<string[]> {
  await page.getByLabel(from, { exact: true }).first().focus();
  const met = [await focused(page)];
  for (let step = 0; step < 60; step += 1) {
    await page.keyboard.press("Tab");
    const inside = await page.evaluate(() =>
      Boolean(document.getElementById("main")?.contains(document.activeElement)),
    );
    if (!inside) break;
    met.push(await focused(page));
  }
  return met;
}

test("Tab meets the fields of a mailbox in the order they are read, and Enter connects it", async ({
  browserOf,
}) => {
  const page = await (await browserOf("dana")).newPage();
  await page.goto("/settings/channels/new-email");
  await page.getByLabel("Log in with").first().selectOption("oauth2");
  await page.getByLabel("Provider").selectOption("microsoft");
  expect(await walk(page, "Name")).toEqual([
    "Name",
    "Sender name",
    "Address",
    "More addresses",
    "Conversations",
    "How mail arrives",
    "Server",
    "Port",
    "Encryption",
    "Log in with",
    "User name",
    "Folder",
    "After fetching",
    "How mail leaves",
    "Server",
    "Port",
    "Encryption",
    "Log in with",
    "User name",
    "Password",
    "Provider",
    "Client ID",
    "Client secret",
    "Refresh token",
    "Token endpoint",
    "Scope",
    "Signature",
    "Connect",
  ]);

  // Enter tries to connect; the first field that is wrong takes the focus and says why.
  await page.getByLabel("Sender name").press("Enter");
  const name = page.getByLabel("Name", { exact: true });
  await expect(name).toBeFocused();
  await expect(name).toHaveAccessibleDescription(/Give it a name\./);
  await name.fill("Keys");
  await page.getByLabel("Address", { exact: true }).fill("tokens@company.test");
  await page.getByLabel("User name").first().fill("tokens@company.test");
  await page.getByLabel("Client ID").fill("client");
  await page.getByLabel("Refresh token").fill("refresh");
  await page.getByLabel("How mail leaves").selectOption("none");
  await page.getByLabel("Token endpoint").fill("http://elsewhere.test/token");
  await page.getByLabel("Scope").press("Enter");

  // What only the server knows to be wrong is told and gone to in the same way.
  const endpoint = page.getByLabel("Token endpoint");
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(endpoint).toBeFocused();
  await expect(endpoint).toHaveAccessibleDescription(/This is an address such as/);
  await page.getByLabel("Provider").selectOption("microsoft");
  await page.getByLabel("Scope").press("Enter");
  await expect(page).toHaveURL(/\/settings\/channels\/cha_/);
  await expect(page.getByLabel("Token endpoint")).toHaveValue(/login\.microsoftonline\.com/);
  await expect(page.getByLabel("Refresh token")).toHaveValue("");
  await expect(page.getByLabel("Refresh token")).toHaveAttribute("placeholder", /Saved/);

  // Saving leaves the keyboard where it was, and what cannot be undone can be thought better of.
  const saved = page.getByText("Saved", { exact: true }).first();
  await page.getByLabel("Scope").press("Enter");
  await expect(saved).toBeVisible();
  await expect(page.getByLabel("Scope")).toBeFocused();
  await page.getByRole("button", { name: "Save", exact: true }).press("Enter");
  await expect(page.getByRole("button", { name: "Save", exact: true })).toBeFocused();
  const remove = page.getByRole("button", { name: "Remove Keys" });
  await remove.press("Enter");
  await page.getByRole("button", { name: "Remove now" }).press("Escape");
  await expect(remove).toBeFocused();
});

for (const [path, field, wrong, words] of [
  ["workspace", "Name", "", /./],
  ["people", "Email", "", /./],
  ["tokens", "Name", "", /./],
  ["channels/new-api", "Name", "", /./],
  ["channels/new-chat", "Name", "", /./],
] as const) {
  test(`a form can be filled and refused by keys alone: ${path}`, async ({ browserOf }) => {
    const page = await (await browserOf("dana")).newPage();
    await page.goto(`/settings/${path}`);
    const control = page.getByLabel(field, { exact: true }).first();
    await control.fill(wrong);
    await control.press("Enter");
    await expect(control).toBeFocused();
    const native = await control.evaluate((element: HTMLInputElement) =>
      element.form?.noValidate ? "" : element.validationMessage,
    );
    if (!native) await expect(control).toHaveAccessibleDescription(words);
  });
}
