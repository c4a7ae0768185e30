// Where the visitor writes. Enter sends, Shift+Enter breaks the line, files come by button, paste or drop.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useView } from "./context";
import { Icon } from "./Icon";
import { Uploads, useFilePicker } from "./Uploads";

export function Composer() {
  const { chat, state, language } = useView();
  const [text, setText] = useDraft();
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useFilePicker();
  const limit = state.config?.max_message_length ?? Number.POSITIVE_INFINITY;
  const excess = [...text].length - limit;
  const uploading = state.uploads.some((upload) => !upload.attachment && !upload.code);
  const attached = state.uploads.some((upload) => upload.attachment);
  const sendable = excess <= 0 && !uploading && (text.trim() !== "" || attached);

  useAutoHeight(field, text);

  const send = () => {
    if (sendable && chat.send(text)) {
      setText("");
    }
    field.current?.focus();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {!state.agentsOnline && state.visitor?.email && (
        <p class="hint">{language.word("by_email", { email: state.visitor.email })}</p>
      )}
      <Uploads />
      {excess > 0 && (
        <p class="hint problem" role="alert">
          {language.word("too_long", { count: excess })}
        </p>
      )}
      <div class="box">
        {picker.input}
        <button
          type="button"
          class="plain"
          onClick={picker.open}
          aria-label={language.word("attach")}
        >
          <Icon name="attach" />
        </button>
        <textarea
          ref={field}
          rows={1}
          dir={text ? "auto" : undefined}
          value={text}
          aria-label={language.word("message")}
          aria-invalid={excess > 0}
          placeholder={language.word("placeholder")}
          enterkeyhint="send"
          onInput={(event) => {
            setText(event.currentTarget.value);
            chat.write(event.currentTarget.value);
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
              event.preventDefault();
              send();
            }
          }}
          onPaste={picker.paste}
        />
        <button
          type="submit"
          class={sendable ? "send" : "send idle"}
          aria-disabled={!sendable}
          aria-label={language.word("send")}
        >
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

/** The text being written survives changes between the forms and a reload of the page. */
export function useDraft() {
  const { chat } = useView();
  return useState(() => chat.memory.draft);
}

/** Grows with the text up to the height that the style sheet allows. */
export function useAutoHeight(field: { current: HTMLTextAreaElement | null }, text: string): void {
  useLayoutEffect(() => {
    const node = field.current;
    if (node) {
      node.style.height = "auto";
      node.style.height = `${node.scrollHeight + (text === "" ? 0 : 1)}px`;
    }
  }, [field, text]);
}
