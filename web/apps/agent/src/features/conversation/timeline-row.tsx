/** One row of the thread with what stands above it: the day, and the mark of what is new. */
import type { Activity } from "@rapport/api";
import { cx } from "@rapport/ui";
import { ChevronRight } from "lucide-react";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import { ActivityLine } from "./activity-line";
import { MessageItem } from "./message-item";
import type { TimelineRow } from "./timeline-rows";

interface RowProps {
  row: TimelineRow;
  /** The name of the day that begins here. */
  day: string | null;
  isNew: boolean;
  /** A link has led here. */
  isMarked: boolean;
  myId: string;
  showChannel: boolean;
}

export const Row = memo(
  function Row({ row, day, isNew, isMarked, myId, showChannel }: RowProps) {
    return (
      <div
        data-row={row.key}
        data-at={row.at}
        data-day={day === null ? undefined : ""}
        tabIndex={-1}
        className={cx(
          "rounded-card outline-offset-4",
          isMarked ? "outline-2 outline-accent" : "focus:outline-none",
        )}
      >
        {day === null ? null : <DayLine name={day} />}
        {isNew ? <NewLine /> : null}
        {row.type === "message" ? (
          <MessageItem
            message={row.message}
            continued={row.continued && !isNew}
            myId={myId}
            showChannel={showChannel}
          />
        ) : (
          <Activities activities={row.activities} myId={myId} />
        )}
      </div>
    );
  },
  (before, after) =>
    before.day === after.day &&
    before.isNew === after.isNew &&
    before.isMarked === after.isMarked &&
    before.myId === after.myId &&
    before.showChannel === after.showChannel &&
    isSameRow(before.row, after.row),
);

function isSameRow(a: TimelineRow, b: TimelineRow): boolean {
  if (a.type === "message" && b.type === "message") {
    return a.message === b.message && a.continued === b.continued;
  }
  return (
    a.type === "activity" &&
    b.type === "activity" &&
    a.activities.length === b.activities.length &&
    a.activities.every((activity, index) => activity === b.activities[index])
  );
}

/** Several changes by one person fold into one line. */
function Activities({ activities, myId }: { activities: Activity[]; myId: string }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [first] = activities;
  if (!first) return null;
  if (activities.length === 1) return <ActivityLine activity={first} myId={myId} />;
  const mine = first.actor.kind === "user" && first.actor.id === myId;
  const who = mine
    ? t("common.you")
    : first.actor.kind === "system"
      ? t("activity.system")
      : first.actor.name;
  return (
    <div className="mt-4 flex flex-col items-center">
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="inline-flex min-h-6 items-center gap-1 rounded-chip px-2 text-micro text-text-3 hover:bg-hover hover:text-text"
      >
        <ChevronRight
          className={cx("size-3.5 rtl:rotate-180", open && "rotate-90 rtl:rotate-90")}
        />
        {t("activity.several", { count: activities.length, who })}
      </button>
      {open ? (
        <div className="[&>p]:mt-1.5">
          {activities.map((activity) => (
            <ActivityLine key={activity.seq} activity={activity} myId={myId} />
          ))}
        </div>
      ) : null}
    </div>
  );
}

function DayLine({ name }: { name: string }) {
  return (
    <div className="flex justify-center pt-5">
      <span className="min-w-36 rounded-full bg-bg px-3 py-0.5 text-center text-micro font-medium text-text-3 shadow-[0_0_0_1px_var(--line)]">
        {name}
      </span>
    </div>
  );
}

function NewLine() {
  const { t } = useTranslation();
  return (
    <div className="mt-5 -mb-2 flex items-center gap-3 text-micro font-semibold text-accent-text">
      <span className="h-px flex-1 bg-accent/40" />
      {t("timeline.new_divider")}
      <span className="h-px flex-1 bg-accent/40" />
    </div>
  );
}
