import { expect, test } from "../environment/fixtures.ts";
import { InboxScreen } from "../screens/inbox.ts";
import { hostileMarkup, payload } from "../support/hostile-markup.ts";
import { letter } from "../support/letter.ts";
import { ScriptOracle } from "../support/script-oracle.ts";

test("the watch notices a script, a request and a dialog", async ({ browserOfNobody, rapport }) => {
  const context = await browserOfNobody();
  const oracle = ScriptOracle.watch(context, [rapport.url]);
  const page = await context.newPage();
  await page.setContent(`<p>Nothing</p>`);
  await oracle.expectSilence(page);
  await page.setContent(`<iframe srcdoc="<img src=x onerror=&quot;${payload}&quot;>"></iframe>`);
  await page.setContent(`<script>alert("hello")</script><img src="x" onerror="${payload}">`);
  await expect.poll(() => oracle.findingsOn(page)).toContain("dialog: hello");
  const findings = (await oracle.findingsOn(page)).join("\n");
  expect(findings).toContain("request to https://attacker.test/ran");
  expect(findings).toContain("script ran in about:blank: 1");
});

test("markup in a mail neither runs nor reaches out", async ({ browserOf, workspace, rapport }) => {
  test.setTimeout(300_000);
  const to = "hostile@company.test";
  const account = await workspace.createIngestAccount(to);
  const mail = { to, from: "Mallory <mallory@customer.test>", subject: "Markup" };
  const { conversation_id: id } = await workspace.admin.ingest(account.id, letter(mail));
  const context = await browserOf("bo");
  const oracle = ScriptOracle.watch(context, [rapport.url]);
  const page = await context.newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("all", id);
  for (const [name, html] of Object.entries(hostileMarkup)) {
    await test.step(name, async () => {
      const body = `<p>Beginning of ${name}</p>${html}<p>End</p>`;
      await workspace.admin.ingest(account.id, letter({ ...mail, html: body }));
      const article = await inbox.message(`Beginning of ${name}`);
      // Clicking where a payload may lie covers the handlers that need a person.
      await article.scrollIntoViewIfNeeded();
      await article.click({ position: { x: 40, y: 60 } });
      await oracle.expectSilence(page);
    });
  }
  // Once more from the beginning, with the list and its previews around them.
  await inbox.open("all", id);
  await inbox.message(`Beginning of ${Object.keys(hostileMarkup).at(-1)}`);
  await oracle.expectSilence(page);
});

test("markup in names, subjects and file names is shown as text", async ({
  browserOf,
  workspace,
  rapport,
}) => {
  const to = "texts@company.test";
  const account = await workspace.createIngestAccount(to);
  const context = await browserOf("bo");
  const oracle = ScriptOracle.watch(context, [rapport.url]);
  const page = await context.newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("all");
  const markup = `<img src=x onerror="${payload}">`;
  const encoded = `=?utf-8?B?${Buffer.from(markup).toString("base64")}?=`;
  const boundary = "between";
  const raw = letter({
    to,
    from: `${encoded} <marked@customer.test>`,
    subject: `${encoded} subject`,
    headers: { "Content-Type": `multipart/mixed; boundary=${boundary}` },
    text: [
      `--${boundary}`,
      "Content-Type: text/plain",
      "",
      `${markup} in the text`,
      `--${boundary}`,
      "Content-Type: text/html",
      `Content-Disposition: attachment; filename*=utf-8''${encodeURIComponent(`${markup}.html`)}`,
      "",
      `<script>${payload}</script>`,
      `--${boundary}--`,
    ].join("\r\n"),
  });
  const { conversation_id: id } = await workspace.admin.ingest(account.id, raw);
  await expect(inbox.row(/onerror/).first()).toBeVisible();
  await inbox.open("all", id);
  await expect(await inbox.message("in the text")).toContainText("onerror");
  await page.goto(`/search?q=${encodeURIComponent("onerror")}`);
  await expect(page.getByRole("main").getByText("marked@customer.test")).toBeVisible();
  await oracle.expectSilence(page);

  // The attachment is offered as a download and never as a page of this origin.
  const bo = await workspace.api("bo");
  const { data } = await bo.get<{ data: { attachments: { url: string }[] }[] }>(
    `/conversations/${id}/messages`,
  );
  const url = data.flatMap((message) => message.attachments)[0]?.url;
  expect(url).toBeTruthy();
  const answer = await fetch(new URL(url ?? "", rapport.url));
  expect(answer.headers.get("content-disposition")).toMatch(/^attachment/);
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect(answer.headers.get("content-security-policy")).toContain("sandbox");
});

test("remote pictures load only when asked for, and then through the server", async ({
  browserOf,
  workspace,
  rapport,
}) => {
  const to = "pictures@company.test";
  const account = await workspace.createIngestAccount(to);
  const html = '<p>Our offers</p><img src="https://tracker.test/pixel.png" width="20" height="20">';
  const { conversation_id: id } = await workspace.admin.ingest(
    account.id,
    letter({ to, subject: "Newsletter", html }),
  );
  const context = await browserOf("bo");
  const oracle = ScriptOracle.watch(context, [rapport.url]);
  const page = await context.newPage();
  const inbox = new InboxScreen(page);
  await inbox.open("all", id);
  const article = inbox.timeline.getByRole("article").first();
  await expect(inbox.mailFrame(article).getByText("Our offers")).toBeVisible();
  await oracle.expectSilence(page);
  await article.getByRole("button", { name: "Show images" }).click();
  await expect(inbox.mailFrame(article).getByText("Our offers")).toBeVisible();
  await oracle.expectSilence(page);
});
