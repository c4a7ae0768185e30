/** Real mail servers: Postfix takes mail by SMTP and Dovecot keeps it for IMAP. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Mailbox } from "../support/imap.ts";
import { waitFor } from "../support/wait.ts";
import { builtBinary, Program } from "./processes.ts";

const run = promisify(execFile);

export const companyDomain = "company.test";
export const customerDomain = "customer.test";
/** Handed on to Rapport's own SMTP listener. */
export const listenerDomain = "inbox.test";

interface Ports {
  imap: number;
  imaps: number;
  lmtp: number;
  smtp: number;
  smtps: number;
}

export interface SwaksMail {
  from: string;
  to: string;
  subject: string;
  body: string;
  headers?: Record<string, string>;
}

export class MailServers {
  readonly ports: Ports;
  private readonly program: Program;
  private readonly passwords: Map<string, string>;

  private constructor(program: Program, ports: Ports, passwords: Map<string, string>) {
    this.program = program;
    this.ports = ports;
    this.passwords = passwords;
  }

  /** `accounts` are the addresses that have a mailbox. */
  static async start(accounts: string[], rapportSmtpPort: number): Promise<MailServers> {
    const passwords = new Map(accounts.map((address) => [address, `secret of ${address}`]));
    const args = ["--domain", companyDomain, "--domain", customerDomain];
    args.push("--forward", `${listenerDomain}=127.0.0.1:${rapportSmtpPort}`);
    for (const [address, password] of passwords) args.push("--user", `${address}=${password}`);
    const program = new Program(builtBinary("rapport-test-mail"), args);
    const ports = await waitFor("the mail servers to start", async () => {
      program.assertRunning();
      const line = program.log.split("\n").find((candidate) => candidate.startsWith("{"));
      return line ? (JSON.parse(line) as Ports) : undefined;
    });
    return new MailServers(program, ports, passwords);
  }

  password(address: string): string {
    const password = this.passwords.get(address);
    if (!password) throw new Error(`${address} has no mailbox.`);
    return password;
  }

  mailbox(address: string): Mailbox {
    return new Mailbox(this.ports.imap, address, this.password(address));
  }

  /** Sends with swaks through Postfix, as a stranger's mail server would. */
  async send(mail: SwaksMail) {
    const headers = Object.entries({ Subject: mail.subject, ...mail.headers });
    const args = ["--server", "127.0.0.1", "--port", String(this.ports.smtp)];
    args.push("--from", mail.from, "--to", mail.to, "--body", mail.body);
    for (const [name, value] of headers) args.push("--header", `${name}: ${value}`);
    await run("swaks", args);
  }

  async stop() {
    this.program.closeInput();
    await this.program.waitForEnd();
  }
}
