/** What happened between the messages, in one quiet line each. */
import type { Activity } from "@rapport/api";
import { t } from "@/i18n";
import { fullTime, timeOfDay } from "@/i18n/format";

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const nameIn = (value: unknown): string =>
  value && typeof value === "object" && "name" in value ? text(value.name) : "";

/** The sentence for an activity, or nothing for what a reader of the thread need not know. */
export function activitySentence(activity: Activity, myId: string): string | null {
  const { actor, data } = activity;
  const who =
    actor.kind === "user" && actor.id === myId
      ? t("common.you")
      : actor.kind === "system"
        ? t("activity.system")
        : actor.name;
  switch (activity.name) {
    case "conversation.created":
      return t("activity.created", { who });
    case "conversation.assigned": {
      const assignee = data.assignee as { id?: string } | null;
      if (assignee?.id === actor.id) return t("activity.took", { who });
      return t("activity.assigned", { who, name: nameIn(data.assignee) });
    }
    case "conversation.unassigned":
      return t("activity.unassigned", { who });
    case "conversation.status_changed": {
      const status = t(`status.${text(data.to)}`);
      if (data.reason === "inbound") return t("activity.reopened", { who });
      return t("activity.status", { who, status });
    }
    case "conversation.closed":
      return t("activity.closed", { who });
    case "conversation.reopened":
      return t("activity.reopened", { who });
    case "conversation.priority_changed":
      return t("activity.priority", { who, priority: t(`priority.${text(data.to)}`) });
    case "conversation.topic_changed":
      return t("activity.topic", { who, topic: text(data.to) });
    case "conversation.linked": {
      const other = data.other as { number?: number } | undefined;
      // Whoever wrote last is named as the one who did it, but nobody did: the rule is.
      const key = data.link_kind === "follow_up" ? "activity.follow_up" : "activity.linked";
      return t(key, { who, number: other?.number ?? "" });
    }
    default:
      return null;
  }
}

export function ActivityLine({ activity, myId }: { activity: Activity; myId: string }) {
  const sentence = activitySentence(activity, myId);
  if (!sentence) return null;
  return (
    <p className="mt-4 flex items-center justify-center gap-1.5 text-center text-micro text-text-3">
      <span className="min-w-0 break-words">{sentence}</span>
      <span aria-hidden="true">·</span>
      <time
        dateTime={activity.occurred_at}
        title={fullTime(activity.occurred_at)}
        className="whitespace-nowrap tabular-nums"
      >
        {timeOfDay(activity.occurred_at)}
      </time>
    </p>
  );
}
