// The files that will go with the next message.
import { useRef } from "preact/hooks";
import type { Upload } from "../model/state";
import { useView } from "./context";
import { Icon } from "./Icon";

export function Uploads() {
  const { chat, state, language, format } = useView();
  if (state.uploads.length === 0) {
    return null;
  }
  return (
    <ul class="uploads">
      {state.uploads.map((upload) => (
        <li key={upload.id} class={upload.code ? "problem" : ""}>
          <Icon name={upload.code ? "alert" : "file"} size={16} />
          <span>
            <bdi>{upload.fileName}</bdi>
            <small>
              {upload.code ? (
                <UploadProblem upload={upload} />
              ) : upload.attachment ? (
                format.size(upload.size)
              ) : (
                <progress
                  value={upload.fraction}
                  aria-label={language.word("uploading", {
                    name: upload.fileName,
                    percent: format.percent(upload.fraction),
                  })}
                />
              )}
            </small>
          </span>
          <button
            type="button"
            class="plain small"
            onClick={() => chat.uploads.remove(upload.id)}
            aria-label={language.word("remove", { name: upload.fileName })}
          >
            <Icon name="close" size={16} />
          </button>
        </li>
      ))}
    </ul>
  );
}

function UploadProblem({ upload }: { upload: Upload }) {
  const { state, language, format } = useView();
  const limits = state.config?.attachments;
  switch (upload.code) {
    case "too_many":
      return (
        <span role="alert">{language.word("too_many", { count: limits?.max_count ?? 0 })}</span>
      );
    case "too_large":
      return (
        <span role="alert">
          {language.word("too_large", { size: format.size(limits?.max_bytes ?? 0) })}
        </span>
      );
    case "unsupported_media_type":
    case "empty_file":
      return <span role="alert">{language.word(upload.code)}</span>;
    default:
      return <span role="alert">{language.word("not_sent")}</span>;
  }
}

/** A hidden file input with the handlers that feed it. */
export function useFilePicker() {
  const { chat } = useView();
  const input = useRef<HTMLInputElement>(null);
  return {
    open: () => input.current?.click(),
    paste: (event: ClipboardEvent) => {
      const files = event.clipboardData?.files;
      if (files?.length) {
        event.preventDefault();
        chat.uploads.add(files);
      }
    },
    input: (
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          chat.uploads.add(Array.from(event.currentTarget.files ?? []));
          event.currentTarget.value = "";
        }}
      />
    ),
  };
}
