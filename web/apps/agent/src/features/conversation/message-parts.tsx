/** The pieces that messages are made of: text with links, attachments, delivery state. */
import type { Attachment, Delivery, Message } from "@rapport/api";
import { cx } from "@rapport/ui";
import {
  Ban,
  Check,
  CheckCheck,
  CircleAlert,
  Clock,
  FileText,
  ImageIcon,
  LoaderCircle,
  Mail,
  Paperclip,
} from "lucide-react";
import { Fragment, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { fileSize } from "@/i18n/format";

const linkPattern = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g;

/** Plain text with its addresses made clickable. Text is never read as markup. */
export function LinkedText({ text }: { text: string }) {
  const parts: ReactNode[] = [];
  let from = 0;
  for (const match of text.matchAll(linkPattern)) {
    parts.push(text.slice(from, match.index));
    parts.push(
      <a
        href={match[0]}
        target="_blank"
        rel="noopener noreferrer"
        className="text-accent-text underline decoration-current/40 underline-offset-2 hover:decoration-current"
      >
        {match[0]}
      </a>,
    );
    from = match.index + match[0].length;
  }
  parts.push(text.slice(from));
  return (
    <p dir="auto" className="text-reading break-words whitespace-pre-wrap">
      {parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a fixed text never move.
        <Fragment key={index}>{part}</Fragment>
      ))}
    </p>
  );
}

export function Attachments({ attachments }: { attachments: Attachment[] }) {
  const { t } = useTranslation();
  const listed = attachments.filter((attachment) => !attachment.inline);
  if (listed.length === 0) return null;
  return (
    <ul className="mt-2 flex flex-wrap gap-2" aria-label={t("message.attachments")}>
      {listed.map((attachment) => (
        <li key={attachment.id} className="max-w-full">
          {attachment.preview_url ? (
            <a
              href={attachment.url}
              target="_blank"
              rel="noopener noreferrer"
              className="block overflow-hidden rounded-card border border-line"
            >
              <img
                src={attachment.preview_url}
                alt={attachment.file_name}
                loading="lazy"
                className="max-h-48 max-w-64 bg-sunken object-cover"
              />
            </a>
          ) : (
            <a
              href={attachment.url}
              target="_blank"
              rel="noopener noreferrer"
              className="flex items-center gap-2.5 rounded-card border border-line bg-bg py-2 ps-2.5 pe-3.5 hover:border-control"
            >
              <span className="flex size-8 items-center justify-center rounded-control bg-sunken text-text-3 dark:bg-hover">
                <FileIcon mediaType={attachment.media_type} />
              </span>
              <span className="min-w-0">
                <span className="block max-w-52 truncate text-small font-medium">
                  {attachment.file_name}
                </span>
                <span className="block text-micro text-text-3">
                  {fileSize(attachment.size_bytes)}
                </span>
              </span>
            </a>
          )}
        </li>
      ))}
    </ul>
  );
}

function FileIcon({ mediaType }: { mediaType: string }) {
  if (mediaType.startsWith("image/")) return <ImageIcon className="size-4" />;
  if (mediaType.startsWith("text/") || mediaType === "application/pdf")
    return <FileText className="size-4" />;
  return <Paperclip className="size-4" />;
}

/** What a mail system has to say about one of our mails. Nobody wrote it, the contact least of all. */
export const isReport = (message: Pick<Message, "author" | "direction">) =>
  message.direction === "inbound" && message.author.kind === "system";

export const hasFailed = (delivery: Delivery | null) =>
  delivery?.status === "failed" || delivery?.status === "bounced";

const deliveryIcons: Record<Delivery["status"], ReactNode> = {
  queued: <Clock />,
  sending: <LoaderCircle className="animate-spin" />,
  sent: <Check />,
  delivered: <CheckCheck />,
  read: <CheckCheck />,
  failed: <CircleAlert />,
  bounced: <CircleAlert />,
  unknown: <CircleAlert />,
  cancelled: <Ban />,
};

/** A chat answer that was not read goes on by email; how that went stands in the code. */
const continuations = ["emailing", "emailed", "email_unknown", "email_failed"] as const;
export type Continuation = (typeof continuations)[number];
export const continuationOf = (delivery: Delivery | null): Continuation | null =>
  continuations.find((code) => code === delivery?.code) ?? null;

export function ContinuationLine({ delivery }: { delivery: Delivery | null }) {
  const { t } = useTranslation();
  const code = continuationOf(delivery);
  if (!code) return null;
  const trouble = code === "email_failed" || code === "email_unknown";
  return (
    <p
      className={cx(
        "mt-1 flex items-start gap-1.5 text-micro",
        code === "email_failed" ? "text-danger" : trouble ? "text-warning" : "text-text-3",
      )}
    >
      {trouble ? (
        <CircleAlert className="mt-px size-3.5 shrink-0" />
      ) : (
        <Mail className="mt-px size-3.5 shrink-0" />
      )}
      <span>
        {t(`delivery_code.${code}`)} {trouble ? delivery?.reason : null}
      </span>
    </p>
  );
}

export function DeliveryMark({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { delivery } = message;
  if (!delivery) return null;
  return (
    <span
      className={cx(
        "inline-flex items-center gap-1 [&_svg]:size-3.5",
        delivery.status === "read" && "text-accent-text",
        hasFailed(delivery) && "font-medium text-danger",
        delivery.status === "unknown" && "text-warning",
      )}
      title={delivery.reason ?? undefined}
    >
      {deliveryIcons[delivery.status]}
      {t(`delivery.${delivery.status}`)}
    </span>
  );
}
