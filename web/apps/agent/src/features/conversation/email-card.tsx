/** A mail in the timeline: its head, its details on demand, and its text in a frame. */
import { api, type Message, type Recipient } from "@rapport/api";
import { Avatar, Button, cx, Notice } from "@rapport/ui";
import { useQueryClient } from "@tanstack/react-query";
import { CircleAlert, ImageOff } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { complain } from "@/app/notify";
import { patchMessage } from "@/data/cache";
import { fullTime } from "@/i18n/format";
import { EmailFrame } from "./email-frame";
import { FailedNotice, MessageMenu, Meta, useAuthorName, useLabel } from "./message-chrome";
import { Attachments, hasFailed, LinkedText } from "./message-parts";
import { withOwnImages } from "./own-images";
import { WaitingNotice } from "./waiting-notice";

const recipientText = (recipients: Recipient[]) =>
  recipients.map((recipient) => recipient.name || recipient.address).join(", ");

export function EmailCard({ message, myId }: { message: Message; myId: string }) {
  const { t } = useTranslation();
  const label = useLabel(message, myId);
  const name = useAuthorName(message, myId);
  const { html, attachments } = useMemo(() => withOwnImages(message), [message]);
  const [details, setDetails] = useState(false);
  const outbound = message.direction === "outbound";
  return (
    <article
      aria-label={label}
      className={cx(
        "group @container mt-5 rounded-card border",
        outbound ? "bg-own" : "bg-bg",
        hasFailed(message.delivery)
          ? "border-danger"
          : outbound
            ? "border-own-line"
            : "border-line",
      )}
    >
      <header className="flex items-start gap-3 px-4 pt-3 pb-2">
        <Avatar
          id={message.author.id ?? message.author.name}
          name={message.author.name}
          size="small"
          className="mt-0.5 size-8 text-[12px]"
        />
        <div className="min-w-0 flex-1">
          <div className="flex flex-wrap items-baseline gap-x-2">
            <span className="line-clamp-2 min-w-0 text-body font-semibold wrap-anywhere">
              {name}
            </span>
            {message.from && !outbound ? (
              <span className="truncate text-small text-text-3">{message.from.address}</span>
            ) : null}
          </div>
          <button
            type="button"
            aria-expanded={details}
            onClick={() => setDetails(!details)}
            className="-my-0.5 min-h-6 max-w-full truncate rounded-chip text-small text-text-3 hover:text-text"
          >
            {t("message.to", { names: recipientText(message.to) || "–" })}
            {message.cc.length > 0
              ? ` · ${t("message.cc", { names: recipientText(message.cc) })}`
              : ""}
            {message.bcc.length > 0
              ? ` · ${t("message.bcc", { names: recipientText(message.bcc) })}`
              : ""}
          </button>
        </div>
        <span className="-me-1.5 flex h-6 items-center gap-1">
          <Meta message={message} withChannel={false} />
          <MessageMenu message={message} alwaysShown />
        </span>
      </header>
      {details ? <EmailDetails message={message} /> : null}
      <div className="px-4 pb-4 @2xl:ps-15">
        <Warnings message={message} />
        <EmailBody message={message} html={html} />
        <Attachments attachments={attachments} />
        <WaitingNotice message={message} />
        <FailedNotice message={message} />
      </div>
    </article>
  );
}

function EmailDetails({ message }: { message: Message }) {
  const { t } = useTranslation();
  const full = (recipients: Recipient[]) =>
    recipients.map(({ name, address }) => (name ? `${name} <${address}>` : address)).join(", ");
  const rows: [string, string][] = [
    [t("field.from"), message.from ? full([message.from]) : ""],
    [t("field.to"), full(message.to)],
    [t("field.cc"), full(message.cc)],
    [t("field.bcc"), full(message.bcc)],
    [t("field.subject"), message.subject ?? ""],
    [t("field.sent"), fullTime(message.sent_at)],
  ];
  return (
    <dl className="mx-4 mb-3 grid grid-cols-[auto_1fr] gap-x-3 gap-y-1 rounded-control bg-surface px-3 py-2 text-small @2xl:ms-15">
      {rows
        .filter(([, value]) => value)
        .map(([term, value]) => (
          <div key={term} className="contents">
            <dt className="text-text-3">{term}</dt>
            <dd className="min-w-0 break-words">{value}</dd>
          </div>
        ))}
    </dl>
  );
}

function EmailBody({ message, html }: { message: Message; html: string | null }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const [showQuote, setShowQuote] = useState(false);
  const [remoteImages, setRemoteImages] = useState(false);
  const [loading, setLoading] = useState(false);

  const showImages = async () => {
    setLoading(true);
    try {
      const full = await api.message(message.conversation_id, message.id, true);
      patchMessage(cache, message.conversation_id, message.id, (current) => ({
        ...current,
        body_html: full.body_html,
      }));
      setRemoteImages(true);
    } catch (error) {
      complain(error);
    } finally {
      setLoading(false);
    }
  };

  return (
    <>
      {message.has_remote_images && !remoteImages && message.body_html ? (
        <Notice
          icon={<ImageOff className="size-4" />}
          className="mb-3"
          actions={
            <Button size="small" busy={loading} onClick={() => void showImages()}>
              {t("message.show_images")}
            </Button>
          }
        >
          {t("message.images_hidden")}
        </Notice>
      ) : null}
      {html ? (
        <EmailFrame
          id={message.id}
          html={html}
          remoteImages={remoteImages}
          showQuote={showQuote || !message.has_quote}
          sender={message.author.name}
        />
      ) : (
        <LinkedText
          text={showQuote ? message.body_text : message.visible_text || message.body_text}
        />
      )}
      {message.has_quote ? (
        <button
          type="button"
          aria-expanded={showQuote}
          onClick={() => setShowQuote(!showQuote)}
          className="mt-2 inline-flex h-6 items-center rounded-chip bg-sunken px-2 text-micro font-medium text-text-2 hover:text-text dark:bg-hover"
        >
          {t(showQuote ? "message.hide_quote" : "message.show_quote")}
        </button>
      ) : null}
    </>
  );
}

function Warnings({ message }: { message: Message }) {
  const { t } = useTranslation();
  if (message.warnings.length === 0) return null;
  return (
    <div className="mb-3 space-y-1.5">
      {message.warnings.map((warning) => (
        <Notice key={warning} tone="warning" icon={<CircleAlert className="size-4" />}>
          {t(`warning.${warning}`, { defaultValue: t("warning.other") })}
        </Notice>
      ))}
    </div>
  );
}
