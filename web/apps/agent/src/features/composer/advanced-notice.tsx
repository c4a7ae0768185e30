/** The message is held: a colleague answered first. Their words stand beside the choice. */
import type { Message } from "@rapport/api";
import { Button } from "@rapport/ui";
import { Hand } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useNow } from "@/app/clock";
import { agoTime } from "@/i18n/format";

export interface AdvancedNoticeProps {
  messages: readonly Message[];
  onSendAnyway: () => void;
  onEdit: () => void;
  onDiscard: () => void;
}

export function AdvancedNotice({ messages, onSendAnyway, onEdit, onDiscard }: AdvancedNoticeProps) {
  const { t } = useTranslation();
  const now = useNow();
  const last = messages.at(-1);
  return (
    <div role="alert" className="mb-2 rounded-popover border border-warning bg-warning-soft p-3">
      <p className="flex items-center gap-2 text-body font-semibold text-warning">
        <Hand className="size-4" />
        {last
          ? t("advanced.title", { name: last.author.name, ago: agoTime(last.sent_at, now) })
          : t("advanced.title_unknown")}
      </p>
      {last ? (
        <blockquote className="mt-2 max-h-32 overflow-y-auto rounded-control bg-bg px-3 py-2 text-small whitespace-pre-wrap text-text">
          {last.visible_text || last.body_text}
        </blockquote>
      ) : null}
      <p className="mt-2 text-small text-text-2">{t("advanced.held")}</p>
      <div className="mt-2 flex flex-wrap gap-2">
        <Button size="small" kind="primary" onClick={onEdit}>
          {t("advanced.edit")}
        </Button>
        <Button size="small" onClick={onSendAnyway}>
          {t("advanced.send_anyway")}
        </Button>
        <Button size="small" kind="ghost" onClick={onDiscard}>
          {t("advanced.discard")}
        </Button>
      </div>
    </div>
  );
}
