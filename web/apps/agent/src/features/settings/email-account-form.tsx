/** A mail account: where mail comes from, how it leaves, how it is signed. */
import { zodResolver } from "@hookform/resolvers/zod";
import type { EmailConfig } from "@rapport/api";
import { Button, Field, Input, Select, Textarea } from "@rapport/ui";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import type { AccountFormProps } from "./channel-account-page";
import { Panel } from "./parts";
import { z } from "./zod";

const tls = z.enum(["implicit", "starttls", "none"]);
const port = z.coerce.number<number>().int().min(1).max(65_535);
const schema = z
  .object({
    name: z.string().trim().min(1, "email.error_name"),
    address: z.email("email.error_address"),
    additional_addresses: z.string(),
    display_name: z.string().trim(),
    signature_html: z.string(),
    inbound_kind: z.enum(["listener", "imap", "http"]),
    inbound_host: z.string().trim(),
    inbound_port: port,
    inbound_tls: tls,
    inbound_username: z.string(),
    inbound_password: z.string(),
    mailbox: z.string(),
    after_fetch: z.enum(["keep", "seen"]),
    outbound_kind: z.enum(["smtp", "none"]),
    outbound_host: z.string().trim(),
    outbound_port: port,
    outbound_tls: tls,
    outbound_username: z.string(),
    outbound_password: z.string(),
    thread_scope: z.enum(["workspace", "per_thread"]),
  })
  .superRefine((value, context) => {
    const needsHost = (path: "inbound_host" | "outbound_host") =>
      context.addIssue({ code: "custom", path: [path], message: "email.error_host" });
    if (value.inbound_kind === "imap" && !value.inbound_host) needsHost("inbound_host");
    if (value.outbound_kind === "smtp" && !value.outbound_host) needsHost("outbound_host");
  });
type Values = z.infer<typeof schema>;

function valuesOf(name: string, config: Partial<EmailConfig>): Values {
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
    inbound_username: config.inbound?.username ?? "",
    inbound_password: "",
    mailbox: config.inbound?.mailbox ?? "INBOX",
    after_fetch: config.inbound?.after_fetch ?? "seen",
    outbound_kind: config.outbound?.kind ?? "smtp",
    outbound_host: config.outbound?.host ?? "",
    outbound_port: config.outbound?.port ?? 587,
    outbound_tls: config.outbound?.tls ?? "starttls",
    outbound_username: config.outbound?.username ?? "",
    outbound_password: "",
    thread_scope: config.thread_scope ?? "workspace",
  };
}

/** Settings the form does not show, such as how certificates are checked, stay as they are. */
function configOf(value: Values, before: Partial<EmailConfig>): EmailConfig {
  const kept = <K extends "inbound" | "outbound">(side: K, kind: string) =>
    before[side]?.kind === kind ? before[side] : undefined;
  return {
    ...before,
    address: value.address.trim(),
    additional_addresses: value.additional_addresses
      .split(/[\s,;]+/)
      .map((address) => address.trim())
      .filter(Boolean),
    display_name: value.display_name,
    signature_html: value.signature_html,
    inbound:
      value.inbound_kind === "imap"
        ? {
            ...kept("inbound", "imap"),
            kind: "imap",
            host: value.inbound_host,
            port: value.inbound_port,
            tls: value.inbound_tls,
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
            username: value.outbound_username,
          }
        : { kind: "none" },
    thread_scope: value.thread_scope,
  };
}

/** The server names fields by their path in the account; the form has them flat. */
function serverError(errors: Record<string, string>, field: keyof Values): string | undefined {
  const path = field.replace(/^(inbound|outbound)_(?!password)/, "$1.");
  return errors[field] ?? errors[`config.${path}`] ?? errors[`secrets.${field}`] ?? errors[path];
}

export function EmailAccountForm({ account, readOnly, errors, busy, onSave }: AccountFormProps) {
  const { t } = useTranslation();
  const before = (account?.config ?? {}) as Partial<EmailConfig>;
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: valuesOf(account?.name ?? "", before),
  });
  const inbound = form.watch("inbound_kind");
  const outbound = form.watch("outbound_kind");
  const errorOf = (field: keyof Values) => {
    const message = form.formState.errors[field]?.message;
    return message
      ? t(message, { defaultValue: t("email.error_value") })
      : serverError(errors, field);
  };
  const save = form.handleSubmit((value) => {
    const secrets: Record<string, string> = {};
    if (value.inbound_password && value.inbound_kind === "imap")
      secrets.inbound_password = value.inbound_password;
    if (value.outbound_password && value.outbound_kind === "smtp")
      secrets.outbound_password = value.outbound_password;
    onSave({ name: value.name, config: configOf(value, before), secrets });
  });
  const text = (
    name: keyof Values,
    props: { type?: string; help?: string; className?: string } = {},
  ) => (
    <Field
      label={t(`email.${name}`)}
      help={props.help}
      error={errorOf(name)}
      className={props.className}
    >
      {(field) => (
        <Input
          {...field}
          type={props.type ?? "text"}
          autoComplete={props.type === "password" ? "new-password" : "off"}
          placeholder={
            props.type === "password" && account?.secrets_set.includes(name)
              ? t("settings.secret_set")
              : undefined
          }
          {...form.register(name)}
        />
      )}
    </Field>
  );
  const choice = (name: keyof Values, values: readonly string[], words: string) => (
    <Field label={t(`email.${name}`)} error={errorOf(name)}>
      {(field) => (
        <Select {...field} {...form.register(name)}>
          {values.map((value) => (
            <option key={value} value={value}>
              {t(`${words}_${value}`)}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
  const server = (side: "inbound" | "outbound") => (
    <>
      <div className="grid gap-4 sm:grid-cols-[1fr_7rem_11rem]">
        {text(`${side}_host`)}
        {text(`${side}_port`, { type: "number" })}
        {choice(`${side}_tls`, ["implicit", "starttls", "none"], "email.tls")}
      </div>
      <div className="grid gap-4 sm:grid-cols-2">
        {text(`${side}_username`)}
        {text(`${side}_password`, { type: "password" })}
      </div>
    </>
  );
  return (
    <form onSubmit={save} noValidate>
      <fieldset disabled={readOnly}>
        <Panel title={t("email.identity")}>
          <div className="space-y-4">
            <div className="grid gap-4 sm:grid-cols-2">
              {text("name", { help: t("email.name_help") })}
              {text("display_name", { help: t("email.display_name_help") })}
              {text("address", { type: "email" })}
              {text("additional_addresses", { help: t("email.additional_help") })}
            </div>
            {choice("thread_scope", ["workspace", "per_thread"], "email.scope")}
          </div>
        </Panel>
        <Panel title={t("email.inbound")}>
          <div className="space-y-4">
            {choice("inbound_kind", ["imap", "listener", "http"], "email.inbound")}
            <p className="text-small text-text-3">{t(`email.inbound_${inbound}_means`)}</p>
            {inbound === "imap" ? (
              <>
                {server("inbound")}
                <div className="grid gap-4 sm:grid-cols-2">
                  {text("mailbox")}
                  {choice("after_fetch", ["seen", "keep"], "email.after")}
                </div>
              </>
            ) : null}
          </div>
        </Panel>
        <Panel title={t("email.outbound")}>
          <div className="space-y-4">
            {choice("outbound_kind", ["smtp", "none"], "email.outbound")}
            {outbound === "smtp" ? server("outbound") : null}
          </div>
        </Panel>
        <Panel
          title={t("email.signature")}
          footer={
            readOnly ? undefined : (
              <Button type="submit" kind="primary" busy={busy}>
                {t(account ? "common.save" : "channels.connect_action")}
              </Button>
            )
          }
        >
          <Field label={t("email.signature_html")} help={t("email.signature_help")}>
            {(field) => <Textarea {...field} rows={4} {...form.register("signature_html")} />}
          </Field>
        </Panel>
      </fieldset>
    </form>
  );
}
