/** A channel for software of one's own: a name. */
import { zodResolver } from "@hookform/resolvers/zod";
import { Button, Field, Input } from "@rapport/ui";
import { useEffect } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import type { AccountFormProps } from "./account-form";
import { Panel } from "./parts";
import { z } from "./zod";

const schema = z.object({
  name: z.string().trim().min(1, "email.error_name"),
});
type Values = z.infer<typeof schema>;

export function ApiAccountForm({
  account,
  readOnly,
  errors,
  busy,
  onSave,
  onDirty,
}: AccountFormProps) {
  const { t } = useTranslation();
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: { name: account?.name ?? "" },
  });
  const { errors: wrong, isDirty } = form.formState;
  useEffect(() => onDirty(isDirty), [isDirty, onDirty]);
  const save = form.handleSubmit(({ name }) => onSave({ name, config: {}, secrets: {} }));
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
          </div>
        </Panel>
      </fieldset>
    </form>
  );
}
