/** The questions that a visitor is asked before the chat begins. */
import { Button, Field, IconButton, Input, Select } from "@rapport/ui";
import { Plus, Trash2 } from "lucide-react";
import { type UseFormReturn, useFieldArray } from "react-hook-form";
import { useTranslation } from "react-i18next";
import type { Values } from "./chat-account-form";
import { Panel } from "./parts";
import { storedName } from "./stored-name";

const types = ["text", "email", "choice"] as const;

interface Props {
  form: UseFormReturn<Values>;
  /** Answers from the server by field, such as `config.pre_chat_fields.0.name`. */
  errors: Record<string, string>;
}

export function PreChatPanel({ form, errors }: Props) {
  const { t } = useTranslation();
  const { fields, append, remove } = useFieldArray({
    control: form.control,
    name: "pre_chat_fields",
  });
  return (
    <Panel title={t("chat.pre_chat")} lead={t("chat.pre_chat_lead")}>
      <ul className="space-y-3">
        {fields.map((entry, index) => (
          <li key={entry.id} className="rounded-card bg-surface p-3">
            <Question form={form} errors={errors} index={index} onRemove={() => remove(index)} />
          </li>
        ))}
      </ul>
      <Button
        className={fields.length > 0 ? "mt-3" : undefined}
        onClick={() =>
          append(
            { name: "", label: "", required: false, type: "text", choices: "" },
            { focusName: `pre_chat_fields.${fields.length}.label` },
          )
        }
      >
        <Plus className="size-4" />
        {t("chat.add_field")}
      </Button>
    </Panel>
  );
}

function Question({
  form,
  errors,
  index,
  onRemove,
}: Props & { index: number; onRemove: () => void }) {
  const { t } = useTranslation();
  const place = `pre_chat_fields.${index}` as const;
  const errorOf = (field: "label" | "name" | "choices") => {
    const message = form.formState.errors.pre_chat_fields?.[index]?.[field]?.message;
    return message ? t(message) : errors[`config.${place}.${field}`];
  };
  const label = form.register(`${place}.label`);
  return (
    <>
      <div className="grid items-start gap-3 sm:grid-cols-[1fr_1fr_8rem_auto]">
        <Field label={t("chat.field_label")} error={errorOf("label")}>
          {(field) => (
            <Input
              {...field}
              {...label}
              onChange={(event) => {
                const { label: before, name } = form.getValues(place);
                void label.onChange(event);
                // The name follows the question until somebody gives it one of its own.
                if (name === storedName(before)) {
                  form.setValue(`${place}.name`, storedName(event.target.value), {
                    shouldDirty: true,
                    shouldValidate: form.formState.isSubmitted,
                  });
                }
              }}
            />
          )}
        </Field>
        <Field
          label={t("chat.field_name")}
          help={t("chat.field_name_help")}
          error={errorOf("name")}
        >
          {(field) => <Input {...field} {...form.register(`${place}.name`)} />}
        </Field>
        <Field label={t("chat.field_type")}>
          {(field) => (
            <Select {...field} {...form.register(`${place}.type`)}>
              {types.map((type) => (
                <option key={type} value={type}>
                  {t(`chat.type_${type}`)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <IconButton
          label={t("chat.remove_field")}
          icon={<Trash2 className="size-4" />}
          onClick={onRemove}
          className="size-9 sm:mt-6"
        />
      </div>
      {form.watch(`${place}.type`) === "choice" ? (
        <Field label={t("chat.field_choices")} error={errorOf("choices")} className="mt-3">
          {(field) => <Input {...field} {...form.register(`${place}.choices`)} />}
        </Field>
      ) : null}
      <label className="mt-3 flex w-fit items-center gap-2 text-small">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          {...form.register(`${place}.required`)}
        />
        {t("chat.field_required")}
      </label>
    </>
  );
}
