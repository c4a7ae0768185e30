/** A mail account as its form holds it, flat and in strings, and the way there and back. */
import type { EmailConfig } from "@rapport/api";
import { z } from "./zod";

const authentications = ["password", "oauth2"] as const;
export type Authentication = (typeof authentications)[number];

const tls = z.enum(["implicit", "starttls", "none"]);
const port = z.coerce
  .number<number>("email.error_port")
  .int("email.error_port")
  .min(1, "email.error_port")
  .max(65_535, "email.error_port");
const authentication = z.enum(authentications);
const fields = z.object({
  name: z.string().trim().min(1, "email.error_name"),
  address: z.email("email.error_address"),
  additional_addresses: z.string(),
  display_name: z.string().trim(),
  signature_html: z.string(),
  inbound_kind: z.enum(["listener", "imap", "http"]),
  inbound_host: z.string().trim(),
  inbound_port: port,
  inbound_tls: tls,
  inbound_authentication: authentication,
  inbound_username: z.string(),
  inbound_password: z.string(),
  mailbox: z.string(),
  after_fetch: z.enum(["keep", "seen"]),
  outbound_kind: z.enum(["smtp", "none"]),
  outbound_host: z.string().trim(),
  outbound_port: port,
  outbound_tls: tls,
  outbound_authentication: authentication,
  outbound_username: z.string(),
  outbound_password: z.string(),
  oauth_client_id: z.string().trim(),
  oauth_client_secret: z.string(),
  oauth_token_endpoint: z.string().trim(),
  oauth_scope: z.string().trim(),
  oauth_refresh_token: z.string().trim(),
  thread_scope: z.enum(["workspace", "per_thread"]),
});
export type Values = z.infer<typeof fields>;

type Ways = Pick<
  Values,
  "inbound_kind" | "inbound_authentication" | "outbound_kind" | "outbound_authentication"
>;
export const fetchesWithTokens = (value: Ways) =>
  value.inbound_kind === "imap" && value.inbound_authentication === "oauth2";
export const sendsWithTokens = (value: Ways) =>
  value.outbound_kind === "smtp" && value.outbound_authentication === "oauth2";
export const usesTokens = (value: Ways) => fetchesWithTokens(value) || sendsWithTokens(value);

/** Secrets that are stored already may be left empty. */
export const schemaFor = (secretsSet: readonly string[]) =>
  fields.superRefine((value, context) => {
    const require = (path: keyof Values, message: string, when: boolean) => {
      if (when && !value[path]) context.addIssue({ code: "custom", path: [path], message });
    };
    const tokens = usesTokens(value);
    require("inbound_host", "email.error_host", value.inbound_kind === "imap");
    require("inbound_username", "email.error_username", fetchesWithTokens(value));
    require("outbound_host", "email.error_host", value.outbound_kind === "smtp");
    require("outbound_username", "email.error_username", sendsWithTokens(value));
    require("oauth_client_id", "email.error_client_id", tokens);
    require("oauth_token_endpoint", "email.error_token_endpoint", tokens);
    require("oauth_refresh_token", "email.error_refresh_token", tokens &&
      !secretsSet.includes("oauth_refresh_token"));
  });

export function valuesOf(name: string, config: Partial<EmailConfig>): Values {
  return {
    name,
    address: config.address ?? "",
    additional_addresses: (config.additional_addresses ?? []).join(", "),
    display_name: config.display_name ?? "",
    signature_html: config.signature_html ?? "",
    inbound_kind: config.inbound?.kind ?? "imap",
    inbound_host: config.inbound?.host ?? "",
    inbound_port: config.inbound?.port ?? 993,
    inbound_tls: config.inbound?.tls ?? "implicit",
    inbound_authentication: config.inbound?.authentication ?? "password",
    inbound_username: config.inbound?.username ?? "",
    inbound_password: "",
    mailbox: config.inbound?.mailbox ?? "INBOX",
    after_fetch: config.inbound?.after_fetch ?? "seen",
    outbound_kind: config.outbound?.kind ?? "smtp",
    outbound_host: config.outbound?.host ?? "",
    outbound_port: config.outbound?.port ?? 587,
    outbound_tls: config.outbound?.tls ?? "starttls",
    outbound_authentication: config.outbound?.authentication ?? "password",
    outbound_username: config.outbound?.username ?? "",
    outbound_password: "",
    oauth_client_id: config.oauth?.client_id ?? "",
    oauth_client_secret: "",
    oauth_token_endpoint: config.oauth?.token_endpoint ?? "",
    oauth_scope: config.oauth?.scope ?? "",
    oauth_refresh_token: "",
    thread_scope: config.thread_scope ?? "workspace",
  };
}

const escaped: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** Text in which nothing is marked up is taken as it stands, line for line. */
export function asHtml(text: string): string {
  if (!text.trim() || /<\/?[a-z]|&[a-z#]\w*;/i.test(text)) return text;
  const lines = text.trim().split(/\r?\n/);
  return `<p>${lines.map((line) => line.replace(/[&<>]/g, (sign) => escaped[sign] ?? sign)).join("<br>")}</p>`;
}

/** Settings the form does not show, such as how certificates are checked, stay as they are. */
export function configOf(value: Values, before: Partial<EmailConfig>): EmailConfig {
  const kept = <K extends "inbound" | "outbound">(side: K, kind: string) =>
    before[side]?.kind === kind ? before[side] : undefined;
  const config: EmailConfig = {
    ...before,
    address: value.address.trim(),
    additional_addresses: value.additional_addresses
      .split(/[\s,;]+/)
      .map((address) => address.trim())
      .filter(Boolean),
    display_name: value.display_name,
    signature_html: asHtml(value.signature_html),
    inbound:
      value.inbound_kind === "imap"
        ? {
            ...kept("inbound", "imap"),
            kind: "imap",
            host: value.inbound_host,
            port: value.inbound_port,
            tls: value.inbound_tls,
            authentication: value.inbound_authentication,
            username: value.inbound_username,
            mailbox: value.mailbox,
            after_fetch: value.after_fetch,
          }
        : { ...kept("inbound", value.inbound_kind), kind: value.inbound_kind },
    outbound:
      value.outbound_kind === "smtp"
        ? {
            ...kept("outbound", "smtp"),
            kind: "smtp",
            host: value.outbound_host,
            port: value.outbound_port,
            tls: value.outbound_tls,
            authentication: value.outbound_authentication,
            username: value.outbound_username,
          }
        : { kind: "none" },
    thread_scope: value.thread_scope,
  };
  // Going back to a password keeps what the provider was told, for the day it is wanted again.
  if (usesTokens(value)) {
    config.oauth = {
      client_id: value.oauth_client_id,
      token_endpoint: value.oauth_token_endpoint,
      scope: value.oauth_scope || null,
    };
  }
  return config;
}

/** What was typed into the fields that are in use; the others keep what is stored. */
export function secretsOf(value: Values): Record<string, string> {
  const inUse: [keyof Values & string, boolean][] = [
    ["inbound_password", value.inbound_kind === "imap" && !fetchesWithTokens(value)],
    ["outbound_password", value.outbound_kind === "smtp" && !sendsWithTokens(value)],
    ["oauth_client_secret", usesTokens(value)],
    ["oauth_refresh_token", usesTokens(value)],
  ];
  const secrets: Record<string, string> = {};
  for (const [name, used] of inUse) {
    const text = value[name];
    if (used && typeof text === "string" && text) secrets[name] = text;
  }
  return secrets;
}

/** The server names fields by their path in the account; the form has them flat. */
export function serverError(
  errors: Record<string, string>,
  field: keyof Values,
): string | undefined {
  const path = field.replace(
    /^(inbound|outbound|oauth)_(?!password|client_secret|refresh_token)/,
    "$1.",
  );
  const whole = field === "oauth_client_id" ? errors["config.oauth"] : undefined;
  return (
    errors[field] ?? errors[`config.${path}`] ?? errors[`secrets.${field}`] ?? errors[path] ?? whole
  );
}

interface Provider {
  endpoint: string;
  scope: string;
  imap: string;
  smtp: string;
}
/** What is the same for every customer of these providers. */
export const providers = {
  google: {
    endpoint: "https://oauth2.googleapis.com/token",
    scope: "https://mail.google.com/",
    imap: "imap.gmail.com",
    smtp: "smtp.gmail.com",
  },
  microsoft: {
    endpoint: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
    scope:
      "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access",
    imap: "outlook.office365.com",
    smtp: "smtp.office365.com",
  },
} satisfies Record<string, Provider>;
export type ProviderName = keyof typeof providers | "other";
export const providerNames: ProviderName[] = ["google", "microsoft", "other"];

/** A tenant of Microsoft's has an address of its own. */
export function providerOf(endpoint: string): ProviderName {
  if (endpoint === providers.google.endpoint) return "google";
  return endpoint.startsWith("https://login.microsoftonline.com/") ? "microsoft" : "other";
}

/** The fields that choosing a provider fills. Servers that somebody has named stay. */
export function presetOf(name: ProviderName, value: Values): Partial<Values> {
  if (name === "other") {
    return providerOf(value.oauth_token_endpoint) === "other"
      ? {}
      : { oauth_token_endpoint: "", oauth_scope: "" };
  }
  const { endpoint, scope, imap, smtp } = providers[name];
  const preset: Partial<Values> = { oauth_token_endpoint: endpoint, oauth_scope: scope };
  if (fetchesWithTokens(value) && !value.inbound_host) {
    Object.assign(preset, { inbound_host: imap, inbound_port: 993, inbound_tls: "implicit" });
  }
  if (sendsWithTokens(value) && !value.outbound_host) {
    Object.assign(preset, { outbound_host: smtp, outbound_port: 587, outbound_tls: "starttls" });
  }
  return preset;
}
