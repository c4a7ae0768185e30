/** A mail account: where mail comes from, how it leaves, how it is signed. */
import { zodResolver } from "@hookform/resolvers/zod";
import type { EmailConfig } from "@rapport/api";
import { Button, Field, Input, Select, Textarea } from "@rapport/ui";
import { useEffect } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import type { AccountFormProps } from "./account-form";
import {
  configOf,
  presetOf,
  providerNames,
  providerOf,
  schemaFor,
  secretsOf,
  serverError,
  usesTokens,
  type Values,
  valuesOf,
} from "./email-values";
import { Panel } from "./parts";

export function EmailAccountForm({
  account,
  readOnly,
  errors,
  busy,
  onSave,
  onDirty,
}: AccountFormProps) {
  const { t } = useTranslation();
  const before = (account?.config ?? {}) as Partial<EmailConfig>;
  const form = useForm<Values>({
    resolver: zodResolver(schemaFor(account?.secrets_set ?? [])),
    defaultValues: valuesOf(account?.name ?? "", before),
  });
  const { isDirty } = form.formState;
  useEffect(() => onDirty(isDirty), [isDirty, onDirty]);
  const values = form.watch();
  const { inbound_kind: inbound, outbound_kind: outbound } = values;
  const errorOf = (field: keyof Values) => {
    const message = form.formState.errors[field]?.message;
    return message
      ? t(message, { defaultValue: t("email.error_value") })
      : serverError(errors, field);
  };
  const save = form.handleSubmit((value) => {
    onSave({ name: value.name, config: configOf(value, before), secrets: secretsOf(value) });
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
      <div className="grid gap-4 sm:grid-cols-3">
        {choice(`${side}_authentication`, ["password", "oauth2"], "email.authentication")}
        {values[`${side}_authentication`] === "oauth2" ? (
          text(`${side}_username`, { help: t("email.username_help"), className: "sm:col-span-2" })
        ) : (
          <>
            {text(`${side}_username`)}
            {text(`${side}_password`, { type: "password" })}
          </>
        )}
      </div>
    </>
  );
  const provider = providerOf(values.oauth_token_endpoint);
  const choosePreset = (name: string) => {
    const chosen = providerNames.find((known) => known === name) ?? "other";
    for (const [field, value] of Object.entries(presetOf(chosen, form.getValues()))) {
      form.setValue(field as keyof Values, value, { shouldDirty: true });
    }
    form.clearErrors(["oauth_token_endpoint", "inbound_host", "outbound_host"]);
  };
  const tokens = (
    <>
      <Field label={t("email.oauth_provider")} help={t(`email.provider_${provider}_means`)}>
        {(field) => (
          <Select
            {...field}
            value={provider}
            onChange={(event) => choosePreset(event.target.value)}
          >
            {providerNames.map((name) => (
              <option key={name} value={name}>
                {t(`email.provider_${name}`)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        {text("oauth_client_id")}
        {text("oauth_client_secret", {
          type: "password",
          help: t("email.oauth_client_secret_help"),
        })}
      </div>
      {text("oauth_refresh_token", { type: "password", help: t("email.oauth_refresh_token_help") })}
      {text("oauth_token_endpoint", { type: "url" })}
      {text("oauth_scope", { help: t("email.oauth_scope_help") })}
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
        {usesTokens(values) ? (
          <Panel title={t("email.oauth")} lead={t("email.oauth_lead")}>
            <div className="space-y-4">{tokens}</div>
          </Panel>
        ) : null}
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
