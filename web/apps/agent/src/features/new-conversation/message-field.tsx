/** The first message: formatted for mail, plain for the rest, with files either way. */
import type { Attachment } from "@rapport/api";
import { cx } from "@rapport/ui";
import { lazy, Suspense, useEffect, useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import { FileButton, FileSurface } from "@/editor/file-surface";
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
  const imageInserter = useRef<((image: Attachment) => void) | null>(null);
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
    onBlur: () => {},
  };
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="text-small font-medium">
        {t("field.message")}
      </label>
      <FileSurface
        onFiles={(files) => uploads.add(files, rich)}
        droppingClass="bg-accent-soft"
        className={cx(
          "rounded-control px-3 pt-2 pb-1 focus-within:shadow-[inset_0_0_0_2px_var(--accent)]",
          error
            ? "shadow-[inset_0_0_0_1px_var(--danger)]"
            : "shadow-[inset_0_0_0_1px_var(--control)]",
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
        <FileButton className="-ms-1.5" onFiles={(files) => uploads.add(files)} />
      </FileSurface>
      {error ? (
        <p id={`${id}-error`} className="text-small text-danger">
          {error}
        </p>
      ) : null}
    </div>
  );
}
