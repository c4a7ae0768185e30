/** Files on their way into a draft: progress, cancel, and the limits of the channel. */
import "@/i18n/conversation";
import { type Attachment, type ReplyOption, type Upload, uploadAttachment } from "@rapport/api";
import { IconButton } from "@rapport/ui";
import { Paperclip, X } from "lucide-react";
import { useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { explain, say } from "@/app/notify";
import { t } from "@/i18n";
import { fileSize } from "@/i18n/format";
import { mayBeInline } from "./files";

export interface PendingUpload {
  key: string;
  file: File;
  progress: number;
  error: string | null;
  upload: Upload | null;
  /** Becomes an image in the text and not a file beside it. */
  inline: boolean;
}

type Limits = ReplyOption["attachments"];

export interface Uploads {
  pending: readonly PendingUpload[];
  add: (files: File[], imagesInline?: boolean) => void;
  cancel: (key: string) => void;
  retry: (key: string) => void;
}

/** `onDone` gets each stored file with the key of the draft it was dropped on. */
export function useUploads(
  target: string,
  present: number,
  limits: Limits | null,
  onDone: (target: string, attachment: Attachment) => void,
): Uploads {
  const [all, setAll] = useState<(PendingUpload & { target: string })[]>([]);
  const done = useRef(onDone);
  done.current = onDone;

  const change = useCallback((key: string, change: Partial<PendingUpload>) => {
    setAll((uploads) =>
      uploads.map((upload) => (upload.key === key ? { ...upload, ...change } : upload)),
    );
  }, []);
  const start = useCallback(
    (key: string, file: File, to: string, inline: boolean) => {
      const upload = uploadAttachment(file, (progress) => change(key, { progress }));
      change(key, { upload, error: null, progress: 0 });
      upload.done
        .then((attachment) => {
          setAll((uploads) => uploads.filter((other) => other.key !== key));
          done.current(to, inline ? { ...attachment, inline } : attachment);
        })
        .catch((error: unknown) => {
          if (error instanceof DOMException && error.name === "AbortError") {
            setAll((uploads) => uploads.filter((other) => other.key !== key));
          } else change(key, { error: explain(error), upload: null });
        });
    },
    [change],
  );

  const pending = all.filter((upload) => upload.target === target);
  return {
    pending,
    add: (files, imagesInline = false) => {
      const room = (limits?.max_count ?? 20) - present - pending.length;
      if (files.length > room) {
        say(t("attach.too_many", { count: limits?.max_count ?? 20 }));
        return;
      }
      for (const file of files) {
        const key = crypto.randomUUID();
        const tooLarge = limits && file.size > limits.max_bytes;
        const error = tooLarge ? t("attach.too_large", { size: fileSize(limits.max_bytes) }) : null;
        const inline = imagesInline && mayBeInline(file);
        const added = { key, file, target, progress: 0, error, upload: null, inline };
        setAll((uploads) => [...uploads, added]);
        if (!tooLarge) start(key, file, target, inline);
      }
    },
    cancel: (key) => {
      const found = all.find((upload) => upload.key === key);
      found?.upload?.cancel();
      setAll((uploads) => uploads.filter((upload) => upload.key !== key));
    },
    retry: (key) => {
      const found = all.find((upload) => upload.key === key);
      if (found) start(key, found.file, found.target, found.inline);
    },
  };
}

export interface AttachmentChipsProps {
  attachments: readonly Attachment[];
  uploads: Uploads;
  onRemove: (id: string) => void;
}

export function AttachmentChips({ attachments, uploads, onRemove }: AttachmentChipsProps) {
  const { t: translate } = useTranslation();
  if (attachments.length === 0 && uploads.pending.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-1.5 pt-2" aria-label={translate("message.attachments")}>
      {attachments.map((attachment) => (
        <li
          key={attachment.id}
          className="flex h-8 items-center gap-1.5 rounded-control bg-sunken ps-2 text-small dark:bg-hover"
        >
          <Paperclip className="size-3.5 text-text-3" />
          <span className="max-w-44 truncate">{attachment.file_name}</span>
          <span className="text-micro text-text-3">{fileSize(attachment.size_bytes)}</span>
          <IconButton
            size="small"
            label={translate("attach.remove", { name: attachment.file_name })}
            icon={<X className="size-3.5" />}
            onClick={() => onRemove(attachment.id)}
          />
        </li>
      ))}
      {uploads.pending.map((upload) => (
        <li
          key={upload.key}
          className="relative flex h-8 items-center gap-1.5 overflow-hidden rounded-control bg-sunken ps-2 text-small dark:bg-hover"
        >
          <span
            aria-hidden="true"
            className="absolute inset-y-0 start-0 bg-accent-soft transition-[width] duration-150"
            style={{ width: `${Math.round(upload.progress * 100)}%` }}
          />
          <span className="relative max-w-44 truncate">{upload.file.name}</span>
          <span
            className={
              upload.error ? "relative text-micro text-danger" : "relative text-micro text-text-3"
            }
          >
            {upload.error ?? `${Math.round(upload.progress * 100)} %`}
          </span>
          {upload.error ? (
            <button
              type="button"
              className="relative text-micro font-medium text-accent-text"
              onClick={() => uploads.retry(upload.key)}
            >
              {translate("common.retry")}
            </button>
          ) : null}
          <IconButton
            size="small"
            className="relative"
            label={translate("attach.cancel", { name: upload.file.name })}
            icon={<X className="size-3.5" />}
            onClick={() => uploads.cancel(upload.key)}
          />
        </li>
      ))}
    </ul>
  );
}
