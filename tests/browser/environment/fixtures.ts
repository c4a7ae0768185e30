/** What a test may ask for: the servers of its worker, and browsers in which somebody is signed in. */
import { type BrowserContext, type BrowserContextOptions, test as base } from "@playwright/test";
import { customerDomain, MailServers } from "./mail-servers.ts";
import { freePort } from "./processes.ts";
import { Rapport } from "./rapport.ts";
import { type PersonName, salesAddress, supportAddress, Workspace } from "./workspace.ts";

interface WorkerFixtures {
  mail: MailServers;
  rapport: Rapport;
  workspace: Workspace;
}

interface BrowserOptions extends BrowserContextOptions {
  /** Another way to the server, such as a connection that breaks. */
  url?: string;
}

interface TestFixtures {
  /** A new browser in which this person is signed in. */
  browserOf: (person: PersonName, options?: BrowserOptions) => Promise<BrowserContext>;
  /** A new browser of somebody unknown. */
  browserOfNobody: (options?: BrowserContextOptions) => Promise<BrowserContext>;
  /** An address with a real mailbox, of a customer whom no other test knows. */
  customer: string;
  serverLog: undefined;
}

/** Dovecot is started with these; each test takes the next one. */
const customers = Array.from(
  { length: 60 },
  (_, index) => `customer${index + 1}@${customerDomain}`,
);
let customersTaken = 0;

export const test = base.extend<TestFixtures, WorkerFixtures>({
  mail: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from this pattern.
    async ({}, use) => {
      const mail = await MailServers.start(
        [supportAddress, salesAddress, ...customers],
        await smtpPort(),
      );
      await use(mail);
      await mail.stop();
    },
    { scope: "worker" },
  ],
  rapport: [
    // biome-ignore lint/correctness/noEmptyPattern: as above.
    async ({}, use) => {
      const rapport = await Rapport.start({ smtpPort: await smtpPort() });
      await use(rapport);
      await rapport.stop();
    },
    { scope: "worker" },
  ],
  workspace: [
    async ({ rapport }, use) => {
      await use(await Workspace.create(rapport));
    },
    { scope: "worker" },
  ],
  browserOf: async ({ browser, workspace, rapport }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (person, { url = rapport.url, ...options } = {}) => {
      const api = await workspace.api(person);
      const context = await browser.newContext({ baseURL: url, ...options });
      await context.addCookies([
        { name: "rapport_session", value: api.sessionCookie, url, httpOnly: true, sameSite: "Lax" },
      ]);
      contexts.push(context);
      return context;
    });
    for (const context of contexts) await context.close();
  },
  browserOfNobody: async ({ browser, rapport }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({ baseURL: rapport.url, ...options });
      contexts.push(context);
      return context;
    });
    for (const context of contexts) await context.close();
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above.
  customer: async ({}, use) => {
    const address = customers[customersTaken];
    customersTaken += 1;
    if (!address) throw new Error("There are more tests than customers with a mailbox.");
    await use(address);
  },
  serverLog: [
    async ({ rapport }, use, testInfo) => {
      await use(undefined);
      if (testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach("server log", { body: rapport.log, contentType: "text/plain" });
      }
    },
    { auto: true },
  ],
});

export { expect } from "@playwright/test";

/** Postfix and the server start independently but have to agree on this one port. */
let sharedSmtpPort: Promise<number> | undefined;
function smtpPort(): Promise<number> {
  sharedSmtpPort ??= freePort();
  return sharedSmtpPort;
}
