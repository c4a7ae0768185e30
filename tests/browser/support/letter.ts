/** Raw mail for the tests that hand it over directly. */

export interface Letter {
  to: string;
  subject: string;
  from?: string;
  text?: string;
  html?: string;
  headers?: Record<string, string>;
}

let letters = 0;

export function letter({ to, subject, from, text, html, headers = {} }: Letter): string {
  letters += 1;
  const number = `${process.pid}.${letters}`;
  const lines = {
    From: from ?? `Ana Kovac <ana.${number}@customer.test>`,
    To: to,
    Subject: subject,
    Date: "Sun, 22 Nov 2026 09:12:00 +0000",
    "Message-ID": `<letter.${number}@customer.test>`,
    "MIME-Version": "1.0",
    "Content-Type": `text/${html === undefined ? "plain" : "html"}; charset=utf-8`,
    "Content-Transfer-Encoding": "8bit",
    ...headers,
  };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}`);
  return [...head, "", html ?? text ?? "Hello.", ""].join("\r\n");
}
