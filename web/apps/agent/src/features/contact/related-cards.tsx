/** Conversations linked to this one, and all the others of the same contact. */
import type { Channel, ConversationDetail, Status } from "@rapport/api";
import { Button, ChannelIcon, Skeleton, StatusIcon } from "@rapport/ui";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNow } from "@/app/clock";
import { explain } from "@/app/notify";
import { contactConversationsOptions } from "@/data/queries";
import { shortTime } from "@/i18n/format";

interface RelatedRowProps {
  conversation: { id: string; number: number; status: Status; topic: string; channel: Channel };
  time: string;
  note?: string;
  onOpen: (id: string) => void;
}

function RelatedRow({ conversation, time, note, onOpen }: RelatedRowProps) {
  const { t } = useTranslation();
  const now = useNow();
  return (
    <li>
      <button
        type="button"
        onClick={() => onOpen(conversation.id)}
        className="-mx-2 flex w-[calc(100%+1rem)] items-center gap-2 rounded-control px-2 py-1.5 text-start text-small hover:bg-hover"
      >
        <StatusIcon status={conversation.status} className="size-3.5" />
        <span className="sr-only">{t(`status.${conversation.status}`)}</span>
        <span className="min-w-0 flex-1">
          <span className="block truncate">{conversation.topic}</span>
          <span className="block text-micro text-text-3 tabular-nums">
            {[note, `#${conversation.number}`].filter(Boolean).join(" · ")}
          </span>
        </span>
        <ChannelIcon channel={conversation.channel} className="size-3.5" />
        <time dateTime={time} className="text-micro text-text-3 tabular-nums">
          {shortTime(time, now)}
        </time>
      </button>
    </li>
  );
}

export interface RelatedCardProps {
  detail: ConversationDetail;
  onOpen: (id: string) => void;
}

export function RelatedCard({ detail, onOpen }: RelatedCardProps) {
  const { t } = useTranslation();
  // A link knows the topic alone; the subject, which says more, comes with the contact's history.
  const { data: known } = useQuery({
    ...contactConversationsOptions(detail.contact?.id ?? ""),
    enabled: detail.contact !== null,
  });
  const subjectOf = (id: string) => known?.find((entry) => entry.id === id)?.subject;
  return (
    <ul>
      {detail.links.map((link) => (
        <RelatedRow
          key={link.id}
          conversation={{
            ...link.conversation,
            topic: subjectOf(link.conversation.id) || link.conversation.topic,
          }}
          time={link.conversation.created_at}
          note={t(`link.${link.kind}_${link.direction}`)}
          onOpen={onOpen}
        />
      ))}
    </ul>
  );
}

export function HistoryCard({
  contactId,
  shownIds,
  onOpen,
}: {
  contactId: string;
  /** What stands elsewhere already: the open conversation, and those linked to it. */
  shownIds: readonly string[];
  onOpen: (id: string) => void;
}) {
  const { t } = useTranslation();
  const history = useQuery(contactConversationsOptions(contactId));
  if (history.isPending) return <Skeleton className="h-10 w-full" />;
  if (history.isError) {
    return (
      <p className="text-small text-text-3">
        {explain(history.error)}{" "}
        <Button size="small" onClick={() => void history.refetch()}>
          {t("common.retry")}
        </Button>
      </p>
    );
  }
  const others = history.data.filter((conversation) => !shownIds.includes(conversation.id));
  if (others.length === 0) {
    if (shownIds.length > 1) return <p className="text-small text-text-3">{t("drawer.no_more")}</p>;
    return <p className="text-small text-text-3">{t("drawer.first_conversation")}</p>;
  }
  return (
    <ul>
      {others.map((conversation) => (
        <RelatedRow
          key={conversation.id}
          conversation={{ ...conversation, topic: conversation.subject || conversation.topic }}
          time={conversation.last_activity_at}
          onOpen={onOpen}
        />
      ))}
    </ul>
  );
}
