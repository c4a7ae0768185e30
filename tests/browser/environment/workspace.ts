/** A workspace with people in it, made through the same calls that the screens use. */
import { Api, type ChannelAccount, type Conversation, type Person } from "../support/api.ts";
import { companyDomain, type MailServers } from "./mail-servers.ts";
import type { Rapport } from "./rapport.ts";

export const supportAddress = `support@${companyDomain}`;
/** Has a mailbox that no account uses until a test connects it. */
export const salesAddress = `sales@${companyDomain}`;

export type PersonName = "dana" | "bo" | "mia" | "rita";

const people: Record<PersonName, { name: string; role: string }> = {
  dana: { name: "Dana Reyes", role: "admin" },
  bo: { name: "Bo Chen", role: "user" },
  mia: { name: "Mia Novak", role: "user" },
  rita: { name: "Rita Okafor", role: "read_only" },
};

interface Created {
  user: { id: string };
}

export class Workspace {
  readonly rapport: Rapport;
  readonly people: Record<PersonName, Person>;
  /** Signed in as the administrator. */
  readonly admin: Api;
  private support: Promise<ChannelAccount> | undefined;

  private constructor(rapport: Rapport, admin: Api, created: Record<PersonName, Person>) {
    this.rapport = rapport;
    this.admin = admin;
    this.people = created;
  }

  static async create(rapport: Rapport): Promise<Workspace> {
    const admin = new Api(rapport.url);
    const dana = credentials("dana");
    const { user } = await admin.post<Created>("/setup", {
      setup_code: new URL(await rapport.setUpLink()).searchParams.get("code"),
      workspace_name: "Acme",
      name: dana.name,
      email: dana.email,
      password: dana.password,
    });
    const created = { dana: { ...dana, id: user.id } } as Record<PersonName, Person>;
    for (const key of ["bo", "mia", "rita"] as const) created[key] = await join(admin, key);
    return new Workspace(rapport, admin, created);
  }

  async api(person: PersonName): Promise<Api> {
    const api = new Api(this.rapport.url);
    await api.logIn(this.people[person].email, this.people[person].password);
    return api;
  }

  /** The account that reads the support mailbox by IMAP and answers through Postfix. */
  supportAccount(mail: MailServers): Promise<ChannelAccount> {
    this.support ??= this.createSupportAccount(mail);
    return this.support;
  }

  private async createSupportAccount(mail: MailServers): Promise<ChannelAccount> {
    const password = mail.password(supportAddress);
    const server = { host: "127.0.0.1", tls: "none", username: supportAddress };
    return this.admin.post<ChannelAccount>("/channel-accounts", {
      channel: "email",
      name: "Support mail",
      config: {
        address: supportAddress,
        display_name: "Acme Support",
        inbound: {
          kind: "imap",
          ...server,
          port: mail.ports.imap,
          mailbox: "INBOX",
          after_fetch: "seen",
        },
        outbound: { kind: "smtp", ...server, port: mail.ports.smtp },
      },
      secrets: { inbound_password: password, outbound_password: password },
    });
  }

  /** An email account that neither fetches nor sends: messages are handed to it. */
  async createIngestAccount(address: string): Promise<ChannelAccount> {
    return this.admin.post<ChannelAccount>("/channel-accounts", {
      channel: "email",
      name: `Mail for ${address}`,
      config: { address, inbound: { kind: "http" }, outbound: { kind: "none" } },
    });
  }

  /** A conversation on the API channel, where answers need no other server. */
  async createApiConversation(account: ChannelAccount, name: string, text: string) {
    return this.admin.post<Conversation>("/conversations", {
      channel: "api",
      channel_account_id: account.id,
      to: { kind: "external", value: name.toLowerCase().replace(/\W+/g, "-"), name },
      message: { direction: "inbound", body_text: text },
    });
  }

  async createApiAccount(name: string): Promise<ChannelAccount> {
    return this.admin.post<ChannelAccount>("/channel-accounts", {
      channel: "api",
      name,
      config: {},
    });
  }

  async createChatAccount(config: Record<string, unknown> = {}): Promise<ChannelAccount> {
    return this.admin.post<ChannelAccount>("/channel-accounts", {
      channel: "chat",
      name: "Website chat",
      config: { site_name: "Acme", greeting: "How can we help?", allowed_origins: [], ...config },
    });
  }
}

function credentials(key: PersonName): Omit<Person, "id"> {
  return {
    name: people[key].name,
    email: `${key}@${companyDomain}`,
    password: `correct horse battery ${key}`,
  };
}

async function join(admin: Api, key: PersonName): Promise<Person> {
  const person = credentials(key);
  const invitation = await admin.post<{ url: string }>("/invitations", {
    email: person.email,
    role: people[key].role,
  });
  const token = invitation.url.split("/").at(-1) ?? "";
  const invited = new Api(admin.url);
  const { user } = await invited.post<Created>(`/invitations/accept/${token}`, {
    name: person.name,
    password: person.password,
  });
  return { ...person, id: user.id };
}
