// Nobody is there: the visitor leaves an address with the message, and the answer comes by e-mail.
import { useRef, useState } from "preact/hooks";
import { useAutoHeight, useDraft } from "./Composer";
import { useView } from "./context";
import { Field, focusFirstProblem, looksLikeEmail } from "./Field";
import { Icon } from "./Icon";
import { Uploads, useFilePicker } from "./Uploads";

export function OfflineForm() {
  const { chat, state, language } = useView();
  const [text, setText] = useDraft();
  const [email, setEmail] = useState("");
  const [name, setName] = useState(state.visitor?.name ?? "");
  const [checked, setChecked] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useFilePicker();
  const limit = state.config?.max_message_length ?? Number.POSITIVE_INFINITY;
  const excess = [...text].length - limit;
  const badEmail = checked && !looksLikeEmail(email);
  const badText =
    excess > 0
      ? language.word("too_long", { count: excess })
      : checked && text.trim() === ""
        ? language.word("need")
        : undefined;

  useAutoHeight(field, text);

  const submit = () => {
    setChecked(true);
    const ready = looksLikeEmail(email) && excess <= 0 && text.trim() !== "";
    if (ready && chat.send(text, { email: email.trim(), name: name.trim() })) {
      setText("");
      setChecked(false);
    } else {
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
        submit();
      }}
    >
      <p class="hint" dir="auto">
        {state.config?.offline_message || language.word("offline")}
      </p>
      <div class="pair">
        <Field
          label={language.word("email")}
          required
          problem={badEmail ? language.word("bad_email") : undefined}
        >
          {(attributes) => (
            <input
              {...attributes}
              type="email"
              autoComplete="email"
              maxLength={254}
              value={email}
              onInput={(event) => setEmail(event.currentTarget.value)}
            />
          )}
        </Field>
        <Field label={language.word("name")} required={false} problem={undefined}>
          {(attributes) => (
            <input
              {...attributes}
              type="text"
              dir={name ? "auto" : undefined}
              autoComplete="name"
              maxLength={256}
              value={name}
              onInput={(event) => setName(event.currentTarget.value)}
            />
          )}
        </Field>
      </div>
      <Field label={language.word("message")} required problem={badText}>
        {(attributes) => (
          <textarea
            {...attributes}
            ref={field}
            rows={2}
            dir={text ? "auto" : undefined}
            value={text}
            onInput={(event) => {
              setText(event.currentTarget.value);
              chat.write(event.currentTarget.value);
            }}
            onPaste={picker.paste}
          />
        )}
      </Field>
      <Uploads />
      <div class="actions">
        {picker.input}
        <button
          type="button"
          class="plain"
          onClick={picker.open}
          aria-label={language.word("attach")}
        >
          <Icon name="attach" />
        </button>
        <button type="submit" class="primary">
          {language.word("leave")}
        </button>
      </div>
    </form>
  );
}
