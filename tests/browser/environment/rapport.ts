/** The real server on an empty data folder. */
import { rm } from "node:fs/promises";
import path from "node:path";
import { waitFor } from "../support/wait.ts";
import { builtBinary, freePort, Program, temporaryFolder } from "./processes.ts";

export class Rapport {
  readonly port: number;
  readonly smtpPort: number;
  private readonly folder: string;
  private readonly environment: Record<string, string>;
  private program: Program | undefined;
  private earlierLog = "";

  private constructor(
    port: number,
    smtpPort: number,
    folder: string,
    environment: Record<string, string>,
  ) {
    this.port = port;
    this.smtpPort = smtpPort;
    this.folder = folder;
    this.environment = environment;
  }

  static async start(options: { smtpPort?: number } = {}): Promise<Rapport> {
    const folder = await temporaryFolder();
    const rapport = new Rapport(await freePort(), options.smtpPort ?? (await freePort()), folder, {
      // The tests' mail servers are on loopback, which no account may reach otherwise.
      RAPPORT_ALLOW_HOSTS: "127.0.0.1",
    });
    await rapport.startAgain();
    return rapport;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The link that a server without users prints on its console. */
  async setUpLink(): Promise<string> {
    return waitFor("the set-up link", async () => this.log.match(/http\S+\/setup\?code=\S+/)?.[0]);
  }

  get log(): string {
    return this.earlierLog + (this.program?.log ?? "");
  }

  /** On the same ports and the same data. */
  async startAgain() {
    const program = new Program(builtBinary("rapport"), ["serve"], {
      folder: this.folder,
      environment: {
        RAPPORT_LISTEN: `127.0.0.1:${this.port}`,
        RAPPORT_SMTP_LISTEN: `127.0.0.1:${this.smtpPort}`,
        RAPPORT_DATA: path.join(this.folder, "data"),
        ...this.environment,
      },
    });
    this.program = program;
    await waitFor("the server to be ready", async () => {
      program.assertRunning();
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
      return answer?.status === 200;
    });
  }

  async kill() {
    await this.program?.kill();
    this.earlierLog = this.log;
    this.program = undefined;
  }

  async stop() {
    await this.program?.stop();
    this.earlierLog = this.log;
    this.program = undefined;
    await rm(this.folder, { recursive: true, force: true });
  }
}
