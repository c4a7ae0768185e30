/** What every kind of message shows around its text: who, when, its menu and what went wrong. */
import { api, type Message, rawMessageUrl } from "@rapport/api";
import {
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
import { CircleAlert, Copy, Ellipsis, FileCode, Link2, RotateCw, TextQuote } from "lucide-react";
import { useTranslation } from "react-i18next";
import { copy } from "@/actions/commands";
import { useAction } from "@/actions/use-actions";
import { afterFocusReturns, quoteInReply } from "@/app/focus";
import { writeMessage } from "@/data/cache";
import { pendingSends, resend } from "@/data/sending";
import { isLocal } from "@/data/timeline-pages";
import { fullTime, timeOfDay } from "@/i18n/format";
import { failureOf, providerWords } from "./failure-words";
import { continuationOf, DeliveryMark, hasFailed, isReport } from "./message-parts";
import { useDeliveryAct } from "./use-delivery-act";

export function useAuthorName(message: Message, myId: string): string {
  const { t } = useTranslation();
  return message.author.kind === "user" && message.author.id === myId
    ? t("common.you")
    : message.author.name;
}

export function useLabel(message: Message, myId: string): string {
  const { t } = useTranslation();
  const name = useAuthorName(message, myId);
  const kind = message.kind === "note" ? t("message.note") : t(`channel.${message.channel}`);
  return `${name}, ${kind}, ${timeOfDay(message.sent_at)}`;
}

export function Meta({ message, withChannel }: { message: Message; withChannel: boolean }) {
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

const linkTo = (message: Message) =>
  `${location.origin}/inbox/all/${message.conversation_id}#${message.id}`;

interface MessageMenuProps {
  message: Message;
  /** Stands in a line of its own, where a gap for a hidden button would look like a mistake. */
  alwaysShown?: boolean;
  className?: string;
}

export function MessageMenu({ message, alwaysShown, className }: MessageMenuProps) {
  const { t } = useTranslation();
  const reply = useAction("conversation.reply");
  if (isLocal(message)) return null;
  // A note is for the team alone, so it is not offered to a customer.
  const quotes =
    reply.shown &&
    !reply.reason &&
    message.kind === "message" &&
    !isReport(message) &&
    message.body_text.trim() !== "";
  return (
    <Menu>
      <MenuTrigger asChild>
        <IconButton
          label={t("message.more")}
          size="small"
          icon={<Ellipsis className="size-4" />}
          className={cx(
            !alwaysShown &&
              "opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 data-[state=open]:opacity-100 pointer-coarse:opacity-100",
            className,
          )}
        />
      </MenuTrigger>
      <MenuContent align="end">
        {quotes ? (
          <MenuItem
            icon={<TextQuote className="size-4" />}
            onSelect={() => afterFocusReturns(() => quoteInReply(message))}
          >
            {t("message.quote")}
          </MenuItem>
        ) : null}
        <MenuItem
          icon={<Link2 className="size-4" />}
          onSelect={() => void copy(linkTo(message), t("toast.link_copied"))}
        >
          {t("action.copy_link")}
        </MenuItem>
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

export function FailedNotice({ message }: { message: Message }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const reply = useAction("conversation.reply");
  const { busy, run } = useDeliveryAct(message);
  const { delivery } = message;
  if (!delivery || (!hasFailed(delivery) && delivery.status !== "unknown")) return null;
  const retry = () =>
    run("retry", async () => {
      if (isLocal(message)) await resend(cache, message);
      else writeMessage(cache, await api.retryMessage(message.conversation_id, message.id));
    });
  const failure = failureOf(delivery);
  const said = continuationOf(delivery) ? delivery.reason : providerWords(delivery);
  // A note that failed is in this browser alone, and goes by other rules than an answer.
  const mayRetry = isLocal(message)
    ? pendingSends.has(message.client_id ?? "")
    : reply.shown && reply.reason === null;
  return (
    <Notice
      tone={delivery.status === "unknown" ? "warning" : "danger"}
      icon={<CircleAlert className="size-4" />}
      className="mt-2 w-full"
      role="alert"
      actions={
        <>
          {mayRetry ? (
            <Button size="small" busy={busy !== null} onClick={() => void retry()}>
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
      {failure ? t(`failure.${failure}`) : said}
      {failure && said ? <span className="mt-0.5 block text-micro">{said}</span> : null}
    </Notice>
  );
}
