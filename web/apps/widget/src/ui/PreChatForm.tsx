// The questions that the workspace asks before a chat begins.
import { useRef, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import type { PreChatField, Visitor } from "../api/types";
import { useView } from "./context";
import { Field, focusFirstProblem, looksLikeEmail } from "./Field";

/** What a signed-in visitor's site has already told is not asked again. */
function isAsked(field: PreChatField, visitor: Visitor | null): boolean {
  return !((field.name === "email" && visitor?.email) || (field.name === "name" && visitor?.name));
}

export function PreChatForm() {
  const { chat, state, language } = useView();
  const [values, setValues] = useState<Record<string, string>>({});
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState("");
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const fields = (state.config?.pre_chat_fields ?? []).filter((field) =>
    isAsked(field, state.visitor),
  );

  const check = (field: PreChatField): string | undefined => {
    const value = (values[field.name] ?? "").trim();
    if (value === "") {
      return field.required ? language.word("need") : undefined;
    }
    return field.type === "email" && !looksLikeEmail(value)
      ? language.word("bad_email")
      : undefined;
  };

  const submit = async () => {
    const found = Object.fromEntries(
      fields.flatMap((field) => {
        const problem = check(field);
        return problem ? [[field.name, problem]] : [];
      }),
    );
    setProblems(found);
    setFailure("");
    if (Object.keys(found).length > 0) {
      focusFirstProblem(form.current);
      return;
    }
    setBusy(true);
    try {
      const filled = Object.entries(values).filter(([, value]) => value.trim() !== "");
      await chat.answerPreChat(Object.fromEntries(filled));
    } catch (error) {
      setBusy(false);
      const refused = error instanceof ApiError ? error.fields : [];
      setProblems(
        Object.fromEntries(
          refused.map(({ field, message }) => [field.replace(/^fields\./, ""), message]),
        ),
      );
      setFailure(refused.length > 0 ? "" : language.word("not_sent"));
      focusFirstProblem(form.current);
    }
  };

  return (
    <form
      ref={form}
      class="questions"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) {
          submit();
        }
      }}
    >
      <h2>{language.word("pre_chat")}</h2>
      {fields.map((field) => (
        <Field
          key={field.name}
          label={field.label}
          required={field.required}
          problem={problems[field.name]}
        >
          {(attributes) => (
            <Answer
              field={field}
              attributes={attributes}
              value={values[field.name] ?? ""}
              change={(value) => setValues({ ...values, [field.name]: value })}
            />
          )}
        </Field>
      ))}
      {failure && (
        <p class="problem" role="alert">
          {failure}
        </p>
      )}
      <button type="submit" class="primary" aria-disabled={busy}>
        {language.word("start")}
      </button>
    </form>
  );
}

interface AnswerProps {
  field: PreChatField;
  attributes: Record<string, unknown>;
  value: string;
  change: (value: string) => void;
}

function Answer({ field, attributes, value, change }: AnswerProps) {
  const { language } = useView();
  if (field.type === "choice") {
    return (
      <select {...attributes} value={value} onChange={(event) => change(event.currentTarget.value)}>
        <option value="">{language.word("choose")}</option>
        {(field.choices ?? []).map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    );
  }
  return (
    <input
      {...attributes}
      type={field.type as "email"}
      dir={value ? "auto" : undefined}
      name={field.name}
      autoComplete={field.name === "name" || field.name === "email" ? field.name : "off"}
      maxLength={512}
      value={value}
      onInput={(event) => change(event.currentTarget.value)}
    />
  );
}
