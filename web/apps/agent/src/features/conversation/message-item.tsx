/** One message or note in the timeline: a bubble for talk, a card for mail, a slip for notes, a line for reports. */
import type { Message } from "@rapport/api";
import { Avatar, cx } from "@rapport/ui";
import { StickyNote } from "lucide-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { fullTime, timeOfDay } from "@/i18n/format";
import { EmailCard } from "./email-card";
import { FailedNotice, MessageMenu, Meta, useAuthorName, useLabel } from "./message-chrome";
import { Attachments, ContinuationLine, hasFailed, isReport, LinkedText } from "./message-parts";
import { ReportLine } from "./report-line";
import { WaitingNotice } from "./waiting-notice";

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
  if (isReport(message)) return <ReportLine message={message} />;
  if (message.channel === "email") return <EmailCard message={message} myId={myId} />;
  return <Bubble {...props} />;
});

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
        <div className={cx("flex max-w-full items-center gap-1", outbound && "flex-row-reverse")}>
          <div
            className={cx(
              "min-w-0 rounded-bubble px-3.5 py-2",
              outbound ? "rounded-se-chip bg-accent-soft" : "rounded-ss-chip bg-bubble",
              hasFailed(message.delivery) && "bg-danger-soft",
            )}
          >
            {message.body_text ? <LinkedText text={message.body_text} /> : null}
            <Attachments attachments={message.attachments} />
          </div>
          <MessageMenu message={message} className="-my-2" />
        </div>
        <ContinuationLine delivery={message.delivery} />
        <WaitingNotice message={message} />
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
        <MessageMenu message={message} alwaysShown className="-my-2 -me-2 text-current" />
      </header>
      <LinkedText text={message.body_text} />
      <Attachments attachments={message.attachments} />
      <FailedNotice message={message} />
    </article>
  );
}
