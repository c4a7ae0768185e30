/** A delivery report: a quiet line between the messages, with what the mail system wrote behind it. */
import type { Message } from "@rapport/api";
import { cx } from "@rapport/ui";
import { ChevronRight } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { fullTime, timeOfDay } from "@/i18n/format";
import { MessageMenu } from "./message-chrome";
import { Attachments, LinkedText } from "./message-parts";

export function ReportLine({ message }: { message: Message }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const details = useId();
  const { author, from } = message;
  const sender = from && from.address !== author.name ? `${author.name} <${from.address}>` : null;
  const time = timeOfDay(message.sent_at);
  return (
    <article
      aria-label={`${t("message.report")}, ${time}`}
      className="mt-4 flex flex-col items-center"
    >
      <button
        type="button"
        aria-expanded={open}
        aria-controls={details}
        onClick={() => setOpen(!open)}
        className="inline-flex min-h-6 items-center gap-1 rounded-chip px-2 text-micro text-text-3 hover:bg-hover hover:text-text"
      >
        <ChevronRight
          className={cx("size-3.5 rtl:rotate-180", open && "rotate-90 rtl:rotate-90")}
        />
        {t("message.report")}
        <span aria-hidden="true">·</span>
        <time dateTime={message.sent_at} title={fullTime(message.sent_at)} className="tabular-nums">
          {time}
        </time>
      </button>
      {open ? (
        <div
          id={details}
          className="mt-1.5 w-full rounded-card border border-line bg-surface px-4 py-3 text-text-2"
        >
          <header className="mb-2 flex items-center gap-2 text-micro text-text-3">
            <span className="min-w-0 flex-1 break-words">
              {t("message.report_from", { name: sender ?? author.name })}
              {message.subject ? ` · ${message.subject}` : null}
            </span>
            <MessageMenu message={message} alwaysShown className="-my-2 -me-2" />
          </header>
          <LinkedText text={message.visible_text || message.body_text} />
          <Attachments attachments={message.attachments} />
        </div>
      ) : null}
    </article>
  );
}
