/** One message or note in the timeline: a bubble for talk, a card for mail, a slip for notes. */
import { api, type Message, type Recipient, rawMessageUrl } from "@rapport/api";
import {
  Avatar,
  Badge,
  Button,
  ChannelIcon,
  cx,
  IconButton,
  Menu,
  MenuContent,
  MenuItem,
  MenuTrigger,
  Notice,
} from "@rapport/ui";
import { useQueryClient } from "@tanstack/react-query";
import {
  CircleAlert,
  Copy,
  Ellipsis,
  FileCode,
  ImageOff,
  RotateCw,
  StickyNote,
} from "lucide-react";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import { copy } from "@/actions/commands";
import { useSeconds } from "@/app/clock";
import { complain } from "@/app/notify";
import { patchMessage, writeMessage } from "@/data/cache";
import { isLocal, pendingSends, resend } from "@/data/sending";
import { fullTime, timeOfDay } from "@/i18n/format";
import { EmailFrame } from "./email-frame";
import { Attachments, DeliveryMark, hasFailed, LinkedText } from "./message-parts";

export interface MessageItemProps {
  message: Message;
  /** Follows a message of the same person closely, so that the name need not be repeated. */
  continued: boolean;
  myId: string;
  /** Names the channel, where a conversation has used several. */
  showChannel: boolean;
}

export const MessageItem = memo(function MessageItem(props: MessageItemProps) {
  const { message, myId } = props;
  if (message.kind === "note") return <NoteSlip message={message} myId={myId} />;
  if (message.channel === "email") return <EmailCard message={message} myId={myId} />;
  return <Bubble {...props} />;
});

function useAuthorName(message: Message, myId: string): string {
  const { t } = useTranslation();
  return message.author.kind === "user" && message.author.id === myId
    ? t("common.you")
    : message.author.name;
}

function useLabel(message: Message, myId: string): string {
  const { t } = useTranslation();
  const name = useAuthorName(message, myId);
  const kind = message.kind === "note" ? t("message.note") : t(`channel.${message.channel}`);
  return `${name}, ${kind}, ${timeOfDay(message.sent_at)}`;
}

function Meta({ message, withChannel }: { message: Message; withChannel: boolean }) {
  const { t } = useTranslation();
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2 gap-y-0.5 text-micro text-text-3">
      {message.ai_generated ? <Badge tone="ai">{t("message.ai")}</Badge> : null}
      {message.automatic ? <Badge>{t("message.automatic")}</Badge> : null}
      {withChannel ? (
        <span className="inline-flex items-center gap-1">
          <ChannelIcon channel={message.channel} className="size-3" />
          {t(`channel.${message.channel}`)}
        </span>
      ) : null}
      <time dateTime={message.sent_at} title={fullTime(message.sent_at)} className="tabular-nums">
        {timeOfDay(message.sent_at)}
      </time>
      {message.direction === "outbound" && !message.held_until ? (
        <DeliveryMark message={message} />
      ) : null}
    </span>
  );
}

function Bubble({ message, continued, myId, showChannel }: MessageItemProps) {
  const label = useLabel(message, myId);
  const name = useAuthorName(message, myId);
  const outbound = message.direction === "outbound";
  return (
    <article
      aria-label={label}
      className={cx(
        "group flex gap-2.5",
        outbound && "flex-row-reverse",
        continued ? "mt-1" : "mt-5",
      )}
    >
      <span className="w-6 shrink-0">
        {continued ? null : (
          <Avatar
            id={message.author.id ?? message.author.name}
            name={message.author.name}
            size="small"
          />
        )}
      </span>
      <div className={cx("flex max-w-[min(36rem,82%)] min-w-0 flex-col", outbound && "items-end")}>
        {continued ? null : (
          <div className={cx("mb-1 flex items-baseline gap-2", outbound && "flex-row-reverse")}>
            <span className="text-small font-medium">{name}</span>
            <Meta message={message} withChannel={showChannel} />
          </div>
        )}
        <div
          className={cx(
            "rounded-bubble px-3.5 py-2",
            outbound ? "rounded-se-chip bg-accent-soft" : "rounded-ss-chip bg-bubble",
            hasFailed(message.delivery) && "bg-danger-soft",
          )}
        >
          {message.body_text ? <LinkedText text={message.body_text} /> : null}
          <Attachments attachments={message.attachments} />
        </div>
        <FailedNotice message={message} />
        {continued && outbound && message.delivery?.status !== "sent" ? (
          <span className="mt-0.5">
            <Meta message={message} withChannel={false} />
          </span>
        ) : null}
      </div>
    </article>
  );
}

const recipientText = (recipients: Recipient[]) =>
  recipients.map((recipient) => recipient.name || recipient.address).join(", ");

function EmailCard({ message, myId }: { message: Message; myId: string }) {
  const { t } = useTranslation();
  const label = useLabel(message, myId);
  const name = useAuthorName(message, myId);
  const [details, setDetails] = useState(false);
  const outbound = message.direction === "outbound";
  return (
    <article
      aria-label={label}
      className={cx(
        "group @container mt-5 rounded-card border bg-bg",
        hasFailed(message.delivery) ? "border-danger" : "border-line",
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
            <span className="text-body font-semibold">{name}</span>
            {message.from && !outbound ? (
              <span className="truncate text-small text-text-3">{message.from.address}</span>
            ) : null}
          </div>
          <button
            type="button"
            aria-expanded={details}
            onClick={() => setDetails(!details)}
            className="max-w-full truncate text-small text-text-3 hover:text-text"
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
        <span className="flex items-center gap-1 pt-0.5">
          <Meta message={message} withChannel={false} />
          <MessageMenu message={message} />
        </span>
      </header>
      {details ? <EmailDetails message={message} /> : null}
      <div className="px-4 pb-4 @2xl:ps-15">
        <Warnings message={message} />
        <EmailBody message={message} />
        <Attachments attachments={message.attachments} />
        <HeldNotice message={message} />
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

function EmailBody({ message }: { message: Message }) {
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
      {message.body_html ? (
        <EmailFrame
          html={message.body_html}
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

function MessageMenu({ message }: { message: Message }) {
  const { t } = useTranslation();
  if (isLocal(message)) return null;
  return (
    <Menu>
      <MenuTrigger asChild>
        <IconButton
          label={t("message.more")}
          size="small"
          icon={<Ellipsis className="size-4" />}
          className="opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 data-[state=open]:opacity-100 pointer-coarse:opacity-100"
        />
      </MenuTrigger>
      <MenuContent align="end">
        <MenuItem
          icon={<Copy className="size-4" />}
          onSelect={() => void copy(message.body_text, t("toast.text_copied"))}
        >
          {t("message.copy_text")}
        </MenuItem>
        {message.channel === "email" && message.kind === "message" ? (
          <MenuItem
            icon={<FileCode className="size-4" />}
            onSelect={() =>
              window.open(rawMessageUrl(message.conversation_id, message.id), "_blank", "noopener")
            }
          >
            {t("message.raw")}
          </MenuItem>
        ) : null}
      </MenuContent>
    </Menu>
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

function HeldNotice({ message }: { message: Message }) {
  const held = message.held_until !== null && message.delivery?.status === "queued";
  return held ? <HeldCountdown message={message} /> : null;
}

function HeldCountdown({ message }: { message: Message }) {
  const { t } = useTranslation();
  const now = useSeconds();
  const seconds = Math.ceil((Date.parse(message.held_until ?? "") - now) / 1000);
  return (
    <p className="mt-3 text-micro text-text-3 tabular-nums">
      {seconds > 0 ? t("message.sending_in", { count: seconds }) : t("delivery.sending")}
    </p>
  );
}

function FailedNotice({ message }: { message: Message }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const [busy, setBusy] = useState(false);
  const { delivery } = message;
  if (!delivery || (!hasFailed(delivery) && delivery.status !== "unknown")) return null;
  const retry = async () => {
    setBusy(true);
    try {
      if (isLocal(message)) await resend(cache, message);
      else writeMessage(cache, await api.retryMessage(message.conversation_id, message.id));
    } catch (error) {
      complain(error);
    } finally {
      setBusy(false);
    }
  };
  const mayRetry = !isLocal(message) || pendingSends.has(message.client_id ?? "");
  return (
    <Notice
      tone={delivery.status === "unknown" ? "warning" : "danger"}
      icon={<CircleAlert className="size-4" />}
      className="mt-2 w-full"
      role="alert"
      actions={
        <>
          {mayRetry ? (
            <Button size="small" busy={busy} onClick={() => void retry()}>
              <RotateCw className="size-3.5" />
              {t("common.retry")}
            </Button>
          ) : null}
          <Button size="small" onClick={() => void copy(message.body_text, t("toast.text_copied"))}>
            {t("message.copy_text")}
          </Button>
        </>
      }
    >
      <span className="font-medium">
        {t(delivery.status === "unknown" ? "message.outcome_unknown" : "message.not_sent")}
      </span>{" "}
      {delivery.reason}
      {delivery.code ? <span className="ms-1 font-mono text-micro">({delivery.code})</span> : null}
    </Notice>
  );
}

function NoteSlip({ message, myId }: { message: Message; myId: string }) {
  const { t } = useTranslation();
  const label = useLabel(message, myId);
  const name = useAuthorName(message, myId);
  return (
    <article
      aria-label={label}
      className="group mt-5 rounded-card border border-dashed border-note-line bg-note-bg px-4 py-3 text-note-text"
    >
      <header className="mb-1 flex items-center gap-2 text-micro">
        <StickyNote className="size-3.5" />
        <span className="font-semibold">{name}</span>
        <span>{t("message.note_private")}</span>
        <time
          dateTime={message.sent_at}
          title={fullTime(message.sent_at)}
          className="ms-auto tabular-nums"
        >
          {timeOfDay(message.sent_at)}
        </time>
      </header>
      <LinkedText text={message.body_text} />
      <Attachments attachments={message.attachments} />
      <FailedNotice message={message} />
    </article>
  );
}
