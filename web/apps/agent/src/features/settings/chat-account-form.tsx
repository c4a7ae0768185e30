/** A chat widget: what visitors see, where it may stand, what it asks first. */
import { zodResolver } from "@hookform/resolvers/zod";
import type { ChatConfig } from "@rapport/api";
import { Button, Field, Input, Select, Textarea } from "@rapport/ui";
import { Switch } from "@rapport/ui/switch";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Controller, useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { channelAccountsQuery } from "@/data/queries";
import type { AccountFormProps } from "./account-form";
import { Panel } from "./parts";
import { PreChatPanel } from "./pre-chat-panel";
import { z } from "./zod";

const schema = z.object({
  name: z.string().trim().min(1, "email.error_name"),
  site_name: z.string().trim().min(1, "chat.error_site"),
  greeting: z.string(),
  accent_color: z.string().regex(/^#[0-9a-fA-F]{6}$/, "chat.error_color"),
  allowed_origins: z.string().refine(
    (text) =>
      text
        .split(/\s+/)
        .filter(Boolean)
        .every((origin) => /^https?:\/\/[^/\s]+$/.test(origin)),
    "chat.error_origin",
  ),
  offline_message: z.string(),
  launcher_position: z.enum(["end", "start"]),
  reply_email_account_id: z.string(),
  require_identity: z.boolean(),
  pre_chat_fields: z.array(
    z.object({
      name: z
        .string()
        .trim()
        .min(1, "chat.error_field")
        .regex(/^[a-z0-9_]+$/, "chat.error_stored"),
      label: z.string().trim().min(1, "chat.error_field"),
      required: z.boolean(),
      type: z.enum(["text", "email", "choice"]),
      choices: z.string(),
    }),
  ),
});
const checked = schema.superRefine(({ pre_chat_fields: questions }, context) => {
  const refuse = (index: number, field: string, message: string) =>
    context.addIssue({ code: "custom", path: ["pre_chat_fields", index, field], message });
  questions.forEach((question, index) => {
    if (questions.findIndex(({ name }) => name === question.name) < index) {
      refuse(index, "name", "chat.error_stored_twice");
    }
    if (question.type === "choice" && listOf(question.choices).length === 0) {
      refuse(index, "choices", "chat.error_choices");
    }
  });
});
export type Values = z.infer<typeof schema>;

const listOf = (text: string) =>
  text
    .split(",")
    .map((entry) => entry.trim())
    .filter(Boolean);

function valuesOf(name: string, config: Partial<ChatConfig>): Values {
  return {
    name,
    site_name: config.site_name ?? "",
    greeting: config.greeting ?? "",
    accent_color: config.accent_color ?? "#2f5bd8",
    allowed_origins: (config.allowed_origins ?? []).join("\n"),
    offline_message: config.offline_message ?? "",
    launcher_position: config.launcher_position ?? "end",
    reply_email_account_id: config.reply_email_account_id ?? "",
    require_identity: config.require_identity ?? false,
    pre_chat_fields: (config.pre_chat_fields ?? []).map((field) => ({
      ...field,
      required: field.required ?? false,
      choices: (field.choices ?? []).join(", "),
    })),
  };
}

function configOf({ name: _, ...value }: Values): ChatConfig {
  return {
    ...value,
    allowed_origins: value.allowed_origins.split(/\s+/).filter(Boolean),
    reply_email_account_id: value.reply_email_account_id || null,
    pre_chat_fields: value.pre_chat_fields.map(({ choices, ...field }) =>
      field.type === "choice" ? { ...field, choices: listOf(choices) } : field,
    ),
  };
}

/** The browser's own picker knows no half-written colours. */
const pickable = (colour: string) => (/^#[0-9a-f]{6}$/i.test(colour) ? colour : "#000000");

export function ChatAccountForm({
  account,
  readOnly,
  errors,
  busy,
  onSave,
  onDirty,
}: AccountFormProps) {
  const { t } = useTranslation();
  const { data: accounts } = useQuery(channelAccountsQuery);
  const form = useForm<Values>({
    resolver: zodResolver(checked),
    defaultValues: valuesOf(account?.name ?? "", (account?.config ?? {}) as Partial<ChatConfig>),
  });
  const { isDirty } = form.formState;
  useEffect(() => onDirty(isDirty), [isDirty, onDirty]);
  const errorOf = (field: keyof Values) => {
    const message = form.formState.errors[field]?.message;
    if (message) return t(message);
    // The server names the very entry of a list; the form has the list in one field.
    const entry = Object.keys(errors).find((name) => name.startsWith(`config.${field}.`));
    return errors[field] ?? errors[`config.${field}`] ?? (entry && errors[entry]);
  };
  const save = form.handleSubmit((value) =>
    onSave({ name: value.name, config: configOf(value), secrets: {} }),
  );
  return (
    <form onSubmit={save} noValidate>
      <fieldset disabled={readOnly}>
        <Panel title={t("chat.appearance")}>
          <div className="space-y-4">
            <div className="grid gap-4 sm:grid-cols-2">
              <Field label={t("email.name")} help={t("email.name_help")} error={errorOf("name")}>
                {(field) => <Input {...field} {...form.register("name")} />}
              </Field>
              <Field
                label={t("chat.site_name")}
                help={t("chat.site_name_help")}
                error={errorOf("site_name")}
              >
                {(field) => <Input {...field} {...form.register("site_name")} />}
              </Field>
              <Field label={t("chat.accent_color")} error={errorOf("accent_color")}>
                {(field) => (
                  <div className="flex gap-2">
                    <input
                      type="color"
                      aria-label={t("chat.pick_color")}
                      className="h-9 w-12 rounded-control border border-control bg-bg"
                      value={pickable(form.watch("accent_color"))}
                      onChange={(event) =>
                        form.setValue("accent_color", event.target.value, { shouldDirty: true })
                      }
                    />
                    <Input {...field} {...form.register("accent_color")} />
                  </div>
                )}
              </Field>
              <Field label={t("chat.launcher_position")}>
                {(field) => (
                  <Select {...field} {...form.register("launcher_position")}>
                    <option value="end">{t("chat.position_end")}</option>
                    <option value="start">{t("chat.position_start")}</option>
                  </Select>
                )}
              </Field>
            </div>
            <Field label={t("chat.greeting")}>
              {(field) => <Textarea {...field} rows={2} {...form.register("greeting")} />}
            </Field>
            <Field label={t("chat.offline_message")}>
              {(field) => <Textarea {...field} rows={2} {...form.register("offline_message")} />}
            </Field>
            <Field label={t("chat.reply_email")} help={t("chat.reply_email_help")}>
              {(field) => (
                <Select {...field} {...form.register("reply_email_account_id")}>
                  <option value="">{t("chat.reply_email_none")}</option>
                  {accounts
                    ?.filter((entry) => entry.channel === "email")
                    .map((entry) => (
                      <option key={entry.id} value={entry.id}>
                        {entry.name}
                      </option>
                    ))}
                </Select>
              )}
            </Field>
          </div>
        </Panel>
        <PreChatPanel form={form} errors={errors} />
        <Panel
          title={t("chat.security")}
          footer={
            readOnly ? undefined : (
              <Button type="submit" kind="primary" busy={busy}>
                {t(account ? "common.save" : "channels.connect_action")}
              </Button>
            )
          }
        >
          <div className="space-y-4">
            <Field
              label={t("chat.allowed_origins")}
              help={t("chat.allowed_origins_help")}
              error={errorOf("allowed_origins")}
            >
              {(field) => (
                <Textarea
                  {...field}
                  rows={3}
                  placeholder="https://www.example.com"
                  className="font-mono text-small"
                  {...form.register("allowed_origins")}
                />
              )}
            </Field>
            <Controller
              control={form.control}
              name="require_identity"
              render={({ field }) => (
                <Switch
                  label={t("chat.require_identity")}
                  help={t("chat.require_identity_help")}
                  checked={field.value}
                  onCheckedChange={field.onChange}
                />
              )}
            />
          </div>
        </Panel>
      </fieldset>
    </form>
  );
}
