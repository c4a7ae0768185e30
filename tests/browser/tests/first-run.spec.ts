import { expect, test } from "../environment/fixtures.ts";
import { Rapport } from "../environment/rapport.ts";
import { InboxScreen } from "../screens/inbox.ts";
import { LogInScreen } from "../screens/log-in.ts";

test("the first person sets up the workspace and is led to the first channel", async ({
  browser,
}) => {
  const rapport = await Rapport.start();
  const context = await browser.newContext({ baseURL: rapport.url });
  const page = await context.newPage();
  await page.goto("/");
  await expect(page).toHaveURL(/\/setup$/);
  const link = await rapport.setUpLink();
  await page.goto(link);
  await page.getByLabel("Workspace").fill("Blue Bicycles");
  await page.getByLabel("Your name").fill("Dana Reyes");
  await page.getByLabel("Email").fill("dana@bicycles.test");
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByLabel("Setup code").fill(new URL(link).searchParams.get("code") ?? "");
  await page.getByRole("button", { name: "Create workspace" }).click();

  // The first thing to do is to connect a channel; the inbox is one step away.
  await expect(page).toHaveURL(/\/settings\/channels$/);
  await new InboxScreen(page).open("all");
  await expect(page.getByText("Blue Bicycles").first()).toBeVisible();
  await page.getByRole("link", { name: "Connect a channel" }).click();
  await expect(page).toHaveURL(/\/settings\/channels$/);

  // Nobody can do it a second time.
  await page.goto("/setup");
  await expect(page).not.toHaveURL(/\/setup/);
  await context.close();
  await rapport.stop();
});

test("a wrong password is refused and the right one leads to the page that was asked for", async ({
  browserOfNobody,
  workspace,
}) => {
  const page = await (await browserOfNobody()).newPage();
  await page.goto("/settings/people");
  await expect(page).toHaveURL(/\/login/);
  const logIn = new LogInScreen(page);
  await logIn.logIn(workspace.people.dana.email, "not the password");
  await expect(logIn.problem).toBeVisible();
  await expect(logIn.email).toHaveValue(workspace.people.dana.email);
  await logIn.logIn(workspace.people.dana.email, workspace.people.dana.password);
  await expect(page).toHaveURL(/\/settings\/people$/);
});

test("somebody who is signed in already is led on from the screens for getting in", async ({
  browserOf,
}) => {
  const page = await (await browserOf("dana")).newPage();
  await page.goto("/login?next=%2Fsettings%2Fpeople");
  await expect(page).toHaveURL(/\/settings\/people$/);
  await page.goto("/login?next=%2F%2Felsewhere.test%2F");
  await expect(page).toHaveURL(/\/inbox\/mine$/);
  await page.goto("/setup");
  await expect(page).toHaveURL(/\/inbox\/mine$/);
});

test("an invited teammate chooses a password and starts working", async ({
  browserOf,
  browserOfNobody,
}) => {
  const admin = await (await browserOf("dana")).newPage();
  await admin.goto("/settings/people");
  const email = "new.colleague@company.test";
  await admin.getByLabel("Email").fill(email);
  await admin.getByRole("button", { name: "Invite", exact: true }).click();
  const link = await admin
    .getByRole("status")
    .filter({ hasText: `Invitation for ${email}` })
    .locator("code")
    .textContent();

  const page = await (await browserOfNobody()).newPage();
  await page.goto(link ?? "");
  await page.getByLabel("Your name").fill("Noor Haddad");
  await page.getByLabel("Password").fill("correct horse battery noor");
  await page.getByRole("button", { name: "Join" }).click();
  await expect(new InboxScreen(page).list).toBeVisible();

  // The link works once.
  const stranger = await (await browserOfNobody()).newPage();
  await stranger.goto(link ?? "");
  await expect(stranger.getByLabel("Password")).toHaveCount(0);
});
