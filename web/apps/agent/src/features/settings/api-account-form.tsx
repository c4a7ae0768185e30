/** A channel for software of one's own: a name, and where replies are announced. */
import { zodResolver } from "@hookform/resolvers/zod";
import type { ApiConfig } from "@rapport/api";
import { Button, Field, Input } from "@rapport/ui";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { z } from "zod";
import type { AccountFormProps } from "./channel-account-page";
import { Panel } from "./parts";

const schema = z.object({
  name: z.string().trim().min(1, "email.error_name"),
  callback_url: z.union([z.literal(""), z.url({ protocol: /^https?$/, error: "api.error_url" })]),
});
type Values = z.infer<typeof schema>;

export function ApiAccountForm({ account, readOnly, errors, busy, onSave }: AccountFormProps) {
  const { t } = useTranslation();
  const config = (account?.config ?? {}) as ApiConfig;
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: { name: account?.name ?? "", callback_url: config.callback_url ?? "" },
  });
  const { errors: wrong } = form.formState;
  const save = form.handleSubmit(({ name, callback_url }) =>
    onSave({ name, config: callback_url ? { callback_url } : {}, secrets: {} }),
  );
  return (
    <form onSubmit={save} noValidate>
      <fieldset disabled={readOnly}>
        <Panel
          title={t("api.title")}
          footer={
            readOnly ? undefined : (
              <Button type="submit" kind="primary" busy={busy}>
                {t(account ? "common.save" : "channels.connect_action")}
              </Button>
            )
          }
        >
          <div className="grid gap-4 sm:grid-cols-2">
            <Field
              label={t("email.name")}
              help={t("email.name_help")}
              error={wrong.name ? t("email.error_name") : errors.name}
            >
              {(field) => <Input {...field} {...form.register("name")} />}
            </Field>
            <Field
              label={t("api.callback_url")}
              optional={t("common.optional")}
              help={t("api.callback_help")}
              error={wrong.callback_url ? t("api.error_url") : errors["config.callback_url"]}
            >
              {(field) => (
                <Input
                  {...field}
                  type="url"
                  placeholder="https://"
                  {...form.register("callback_url")}
                />
              )}
            </Field>
          </div>
        </Panel>
      </fieldset>
    </form>
  );
}
