/** The first message: formatted for mail, plain for the rest, with files either way. */
import type { Attachment } from "@rapport/api";
import { cx, IconButton } from "@rapport/ui";
import { Paperclip } from "lucide-react";
import { lazy, Suspense, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { listedFiles } from "@/editor/files";
import { PlainEditor } from "@/editor/plain-editor";
import { AttachmentChips, useUploads } from "@/editor/uploads";
import type { Content } from "./unsent";

const RichEditor = lazy(() => import("@/editor/rich-editor"));

interface MessageFieldProps {
  rich: boolean;
  content: Content;
  error: string | undefined;
  onChange: (change: Partial<Content>) => void;
  onAttached: (file: Attachment) => void;
  /** Whether files are still on their way, or did not arrive. */
  onWaiting: (waiting: boolean) => void;
  onSend: () => void;
}

export function MessageField(props: MessageFieldProps) {
  const { rich, content, error, onChange, onAttached, onSend } = props;
  const { t } = useTranslation();
  const id = useId();
  const picker = useRef<HTMLInputElement>(null);
  const imageInserter = useRef<((image: Attachment) => void) | null>(null);
  const [dropping, setDropping] = useState(false);
  const uploads = useUploads("new", content.attachments.length, null, (_, file) => {
    onAttached(file);
    if (file.inline) imageInserter.current?.(file);
  });
  const waiting = uploads.pending.length > 0;
  const { onWaiting } = props;
  useEffect(() => onWaiting(waiting), [waiting, onWaiting]);
  const editor = {
    id,
    value: content.body,
    label: t("field.message"),
    placeholder: t("compose.body_placeholder"),
    describedBy: error ? `${id}-error` : undefined,
    focusCount: 0,
    onSend,
    onFiles: (files: File[]) => uploads.add(files, rich),
    onBlur: () => {},
  };
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="text-small font-medium">
        {t("field.message")}
      </label>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: files can also be added with the button. */}
      <div
        onDragOver={(event) => {
          if (!event.dataTransfer.types.includes("Files")) return;
          event.preventDefault();
          setDropping(true);
        }}
        onDragLeave={() => setDropping(false)}
        onDrop={(event) => {
          setDropping(false);
          const files = [...event.dataTransfer.files];
          if (files.length === 0) return;
          event.preventDefault();
          uploads.add(files, rich);
        }}
        className={cx(
          "rounded-control px-3 pt-2 pb-1 focus-within:shadow-[inset_0_0_0_2px_var(--accent)]",
          error
            ? "shadow-[inset_0_0_0_1px_var(--danger)]"
            : "shadow-[inset_0_0_0_1px_var(--control)]",
          dropping && "bg-accent-soft",
        )}
      >
        {rich ? (
          <Suspense fallback={<div className="h-36" aria-busy="true" />}>
            <RichEditor
              {...editor}
              html={content.html}
              documentKey="new"
              attachments={content.attachments}
              imageInserter={imageInserter}
              className="min-h-28"
              onChange={(body, html) => onChange({ body, html })}
            />
          </Suspense>
        ) : (
          <PlainEditor
            {...editor}
            enterSends={false}
            className="min-h-28"
            onChange={(body) => onChange({ body, html: null })}
          />
        )}
        <AttachmentChips
          attachments={listedFiles(content, rich)}
          uploads={uploads}
          onRemove={(fileId) =>
            onChange({ attachments: content.attachments.filter((file) => file.id !== fileId) })
          }
        />
        <IconButton
          label={t("attach.add")}
          className="-ms-1.5"
          icon={<Paperclip className="size-4" />}
          onClick={() => picker.current?.click()}
        />
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          aria-label={t("attach.add")}
          onChange={(event) => {
            uploads.add([...(event.target.files ?? [])]);
            event.target.value = "";
          }}
        />
      </div>
      {error ? (
        <p id={`${id}-error`} className="text-small text-danger">
          {error}
        </p>
      ) : null}
    </div>
  );
}
