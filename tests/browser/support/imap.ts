/** Reads a mailbox by IMAP, as the person who owns it would. Plain connections to loopback only. */
import { connect, type Socket } from "node:net";
import { waitFor } from "./wait.ts";

export interface Mail {
  uid: number;
  raw: string;
  /** Unfolded and trimmed; the empty string when there is no such header. */
  header(name: string): string;
}

export class Mailbox {
  readonly port: number;
  readonly address: string;
  readonly password: string;

  constructor(port: number, address: string, password: string) {
    this.port = port;
    this.address = address;
    this.password = password;
  }

  /** All messages of the inbox, the oldest first, left unseen. */
  async messages(): Promise<Mail[]> {
    const connection = await ImapConnection.open(this.port);
    try {
      await connection.command(`LOGIN ${quoted(this.address)} ${quoted(this.password)}`);
      await connection.command("SELECT INBOX");
      const answer = await connection.command("UID FETCH 1:* (UID BODY.PEEK[])");
      await connection.command("LOGOUT");
      return literals(answer);
    } finally {
      connection.close();
    }
  }

  async waitForSubject(subject: string): Promise<Mail> {
    return waitFor(`a mail with the subject "${subject}" to ${this.address}`, async () => {
      const mails = await this.messages();
      return mails.find((mail) => mail.header("Subject") === subject);
    });
  }
}

/** The answer to one command is everything up to the line that begins with the command's tag. */
class ImapConnection {
  private readonly socket: Socket;
  private received = "";
  private tags = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    // One character a byte, so that a literal's size counts characters too.
    socket.setEncoding("latin1");
    socket.on("data", (text) => {
      this.received += text;
    });
    socket.on("error", () => {
      // The next read sees the end of the connection and says what it was waiting for.
    });
  }

  static open(port: number): Promise<ImapConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("error", reject);
      socket.once("connect", () => {
        const connection = new ImapConnection(socket);
        connection.until(/^\* OK .*\r\n/).then(() => resolve(connection), reject);
      });
    });
  }

  async command(line: string): Promise<string> {
    this.tags += 1;
    const tag = `a${this.tags}`;
    this.received = "";
    this.socket.write(`${tag} ${line}\r\n`);
    const answer = await this.until(new RegExp(`(^|\\r\\n)${tag} (OK|NO|BAD).*\\r\\n`));
    const status = answer.slice(answer.lastIndexOf(`${tag} `));
    if (!status.startsWith(`${tag} OK`)) throw new Error(`${line.split(" ")[0]}: ${status.trim()}`);
    return answer;
  }

  close() {
    this.socket.destroy();
  }

  private async until(end: RegExp): Promise<string> {
    return waitFor(`the IMAP server to answer ${end}`, async () => {
      if (end.test(this.received)) return this.received;
      if (this.socket.closed) throw new Error(`the IMAP server hung up after ${this.received}`);
      return undefined;
    });
  }
}

/** Bodies arrive as `* 1 FETCH (UID 7 BODY[] {1234}` and then exactly that many bytes. */
function literals(answer: string): Mail[] {
  const mails: Mail[] = [];
  const start = /\* \d+ FETCH \(UID (\d+) BODY\[\] \{(\d+)\}\r\n/g;
  for (let match = start.exec(answer); match; match = start.exec(answer)) {
    const raw = answer.slice(start.lastIndex, start.lastIndex + Number(match[2]));
    start.lastIndex += raw.length;
    mails.push(toMail(Number(match[1]), raw));
  }
  return mails;
}

function toMail(uid: number, raw: string): Mail {
  const head = (raw.split("\r\n\r\n", 1)[0] ?? "").replace(/\r\n[ \t]+/g, " ");
  return {
    uid,
    raw,
    header(name) {
      const line = head
        .split("\r\n")
        .find((candidate) => candidate.toLowerCase().startsWith(`${name.toLowerCase()}:`));
      return line ? line.slice(name.length + 1).trim() : "";
    },
  };
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}
