/** How far it is, and afterwards which conversations did not change, with the server's reason for each. */
import { Button, Notice } from "@rapport/ui";
import { RotateCw, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Bulk, BulkState } from "./use-bulk";

export function Progress({
  running,
  onStop,
}: {
  running: NonNullable<BulkState["running"]>;
  onStop: () => void;
}) {
  const { t } = useTranslation();
  return (
    <div className="flex items-center gap-3 py-1">
      <div className="min-w-0 flex-1">
        <p className="mb-1.5 flex justify-between gap-3 text-small">
          <span className="truncate">{running.words}</span>
          <span className="text-text-3 tabular-nums">
            {t("bulk.progress", { done: running.done, total: running.total })}
          </span>
        </p>
        <div
          role="progressbar"
          aria-label={running.words}
          aria-valuemin={0}
          aria-valuemax={running.total}
          aria-valuenow={running.done}
          className="h-1.5 overflow-hidden rounded-full bg-sunken dark:bg-hover"
        >
          <div
            className="h-full bg-accent transition-[width] duration-150"
            style={{ width: `${(100 * running.done) / Math.max(1, running.total)}%` }}
          />
        </div>
      </div>
      <Button size="small" onClick={onStop}>
        {t("bulk.stop")}
      </Button>
    </div>
  );
}

export function Refusals({ bulk, onOpen }: { bulk: Bulk; onOpen: (id: string) => void }) {
  const { t } = useTranslation();
  if (bulk.refusals.length === 0) return null;
  return (
    <Notice
      role="alert"
      tone="danger"
      icon={<TriangleAlert className="size-4" />}
      className="mb-2"
      actions={
        <>
          <Button size="small" onClick={bulk.retry}>
            <RotateCw className="size-3.5" />
            {t("common.retry")}
          </Button>
          <Button size="small" kind="ghost" onClick={bulk.dismiss}>
            {t("common.dismiss")}
          </Button>
        </>
      }
    >
      <p className="font-semibold">{t("bulk.refused", { count: bulk.refusals.length })}</p>
      <ul aria-label={t("bulk.refusals")} className="scroll-thin mt-1 max-h-32 space-y-1">
        {bulk.refusals.map(({ conversation, reason }) => (
          <li key={conversation.id}>
            <button
              type="button"
              onClick={() => onOpen(conversation.id)}
              className="font-medium underline underline-offset-2"
            >
              {conversation.contact?.display_name ?? t("contact.nobody")}{" "}
              <span className="tabular-nums">#{conversation.number}</span>
            </button>
            <span className="block text-text">{reason}</span>
          </li>
        ))}
      </ul>
    </Notice>
  );
}
