/** Child processes whose output is kept and which end with the tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

/** Where Cargo puts the binaries; `make test-browser` sets it. */
export function builtBinary(name: string): string {
  const folder = process.env.RAPPORT_BIN_FOLDER;
  if (!folder) throw new Error("Set RAPPORT_BIN_FOLDER, or run `make test-browser`.");
  return path.join(folder, name);
}

const running = new Set<ChildProcess>();
const folders = new Set<string>();

/** A folder that vanishes with this process at the latest. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "rapport-browser-"));
  folders.add(folder);
  return folder;
}

process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

export class Program {
  readonly name: string;
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private output = "";
  private outcome: string | undefined;

  constructor(
    binary: string,
    args: string[],
    options: { environment?: Record<string, string>; folder?: string } = {},
  ) {
    this.name = path.basename(binary);
    this.child = spawn(binary, args, {
      cwd: options.folder,
      env: { ...process.env, ...options.environment },
      // The mail servers end when this pipe closes, however this process ends.
      stdio: ["pipe", "pipe", "pipe"],
    });
    running.add(this.child);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        this.output += text;
      });
    }
    this.ended = new Promise((resolve) => {
      this.child.once("error", (error) => {
        this.outcome = error.message;
        resolve();
      });
      this.child.once("exit", (code, signal) => {
        running.delete(this.child);
        this.outcome = signal ?? `code ${code}`;
        resolve();
      });
    });
  }

  get log(): string {
    return this.output;
  }

  /** Throws when the program has ended, with what it said. */
  assertRunning() {
    if (this.outcome) throw new Error(`${this.name} ended with ${this.outcome}:\n${this.output}`);
  }

  /** The graceful way out; ten seconds later the other one. */
  async stop() {
    this.child.stdin?.end();
    if (!this.outcome) this.child.kill("SIGTERM");
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 10_000);
    await this.ended;
    clearTimeout(timer);
  }

  /** As a power cut would. */
  async kill() {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  closeInput() {
    this.child.stdin?.end();
  }

  async waitForEnd() {
    await this.ended;
  }
}

/** A free loopback port below the range of outgoing connections. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = 10_000 + Math.floor(Math.random() * 7_000);
    if (await canListen(port)) return port;
  }
  throw new Error("No free loopback port.");
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
