/** The facts of the conversation, with what may be changed changeable here too. */
import type { ConversationDetail } from "@rapport/api";
import { Avatar, ChannelIcon, PriorityIcon, StatusIcon } from "@rapport/ui";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useAction } from "@/actions/use-actions";
import { fullTime, mediumTime } from "@/i18n/format";

export function AttributesCard({ detail }: { detail: ConversationDetail }) {
  const { t } = useTranslation();
  const assign = useAction("conversation.assign");
  const status = useAction("conversation.status");
  const priority = useAction("conversation.priority");
  const account = detail.reply_options.find(
    (option) => option.channel_account_id === detail.channel_account_id,
  );
  return (
    <dl>
      <Row term={t("field.assignee")} action={assign}>
        {detail.assignee ? (
          <>
            <Avatar id={detail.assignee.id} name={detail.assignee.name} size="tiny" />
            {detail.assignee.name}
          </>
        ) : (
          <span className="text-text-3">{t("assign.nobody_assigned")}</span>
        )}
      </Row>
      <Row term={t("field.status")} action={status}>
        <StatusIcon status={detail.status} />
        {t(`status.${detail.status}`)}
      </Row>
      <Row term={t("field.priority")} action={priority}>
        <PriorityIcon priority={detail.priority} />
        {t(`priority.${detail.priority}`)}
      </Row>
      <Row term={t("field.channel")}>
        <ChannelIcon channel={detail.channel} />
        <span className="truncate">
          {account?.channel_account_name ?? t(`channel.${detail.channel}`)}
        </span>
      </Row>
      <Row term={t("field.topic")}>
        <span className="truncate" title={detail.topic}>
          {detail.topic}
        </span>
      </Row>
      <Row term={t("field.number")}>
        <span className="tabular-nums">#{detail.number}</span>
      </Row>
      <Row term={t("field.created")}>
        <time dateTime={detail.created_at} title={fullTime(detail.created_at)}>
          {mediumTime(detail.created_at)}
        </time>
      </Row>
    </dl>
  );
}

function Row({
  term,
  action,
  children,
}: {
  term: string;
  action?: ReturnType<typeof useAction>;
  children: ReactNode;
}) {
  const changeable = action?.shown && action.reason === null;
  return (
    <div className="flex min-h-8 items-center gap-3 text-small">
      <dt className="w-20 shrink-0 text-text-3">{term}</dt>
      <dd className="min-w-0 flex-1">
        {changeable ? (
          <button
            type="button"
            onClick={action.run}
            className="-mx-1.5 flex max-w-full items-center gap-1.5 rounded-chip px-1.5 py-1 hover:bg-hover"
          >
            {children}
          </button>
        ) : (
          <span className="flex items-center gap-1.5">{children}</span>
        )}
      </dd>
    </div>
  );
}
