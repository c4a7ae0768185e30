/** What stands in the thread where there are no messages: not yet, not at all, or because they could not be loaded. */
import { Button, cx, EmptyState, Skeleton } from "@rapport/ui";
import { MessageSquareDashed, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { explain } from "@/app/notify";
import type { TimelineShow } from "@/data/list-query";
import type { Stretch } from "./use-thread";

export function TimelineState({
  stretch,
  show,
  isEmpty,
}: {
  stretch: Stretch;
  show: TimelineShow;
  isEmpty: boolean;
}) {
  const { t } = useTranslation();
  if (stretch.state === "loading") return <TimelineSkeleton />;
  if (stretch.state === "failed") {
    return (
      <EmptyState
        icon={<TriangleAlert />}
        title={t("timeline.error")}
        action={<Button onClick={stretch.retry}>{t("common.retry")}</Button>}
      >
        {explain(stretch.error)}
      </EmptyState>
    );
  }
  if (!isEmpty || stretch.hasOlder || stretch.hasNewer) return null;
  return (
    <EmptyState
      icon={<MessageSquareDashed />}
      title={t(show === "all" ? "timeline.empty" : `show.${show}_none`)}
    />
  );
}

/** At the edge of what is loaded, while the next page is on its way or when it did not come. */
export function TimelineEdge({ stretch, side }: { stretch: Stretch; side: "older" | "newer" }) {
  const { t } = useTranslation();
  if (stretch.fetching === side) return <Skeleton className="mx-auto my-2 h-3 w-40 shrink-0" />;
  if (stretch.failed !== side) return null;
  return (
    <p role="alert" className="my-3 flex items-center justify-center gap-2 text-small text-text-2">
      {t(`timeline.${side}_error`)}
      <Button size="small" onClick={side === "older" ? stretch.readOlder : stretch.readNewer}>
        {t("common.retry")}
      </Button>
    </p>
  );
}

function TimelineSkeleton() {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t("common.loading")} className="space-y-5">
      {["w-2/3 h-20", "ms-auto w-1/2 h-14", "w-3/5 h-24"].map((shape) => (
        <Skeleton key={shape} className={cx("rounded-bubble", shape)} />
      ))}
    </div>
  );
}
