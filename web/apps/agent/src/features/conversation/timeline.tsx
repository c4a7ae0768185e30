/**
 * The thread, oldest first. It opens at what is unread, at the message of a link or at the end, follows new
 * messages only while the reader is there, and however long it is, only the part around the view is drawn.
 */
import type { ConversationDetail, TimelinePage } from "@rapport/api";
import { Button, cx } from "@rapport/ui";
import { useNavigate } from "@tanstack/react-router";
import { ArrowDown } from "lucide-react";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useActionContext } from "@/actions/use-actions";
import { useNow } from "@/app/clock";
import { regionIds } from "@/app/focus";
import { useMe } from "@/app/session";
import type { TimelineShow } from "@/data/list-query";
import { dayName, mediumTime } from "@/i18n/format";
import { activitySentence } from "./activity-line";
import { Announcer } from "./timeline-announcer";
import { TimelineBlockView } from "./timeline-block";
import { DayOverlay, useTopDay } from "./timeline-day";
import { TimelineFilterBar, TimelineFilterMenu } from "./timeline-filter";
import { Row } from "./timeline-row";
import { timelineBlocks } from "./timeline-rows";
import { TimelineEdge, TimelineState } from "./timeline-states";
import { useAnchor } from "./use-anchor";
import { useArrivals } from "./use-arrivals";
import { useScrollPlace } from "./use-scroll-place";
import { type Thread, useThread } from "./use-thread";

/** The next page is fetched when less than this is left above or below. */
const readAhead = 1_200;
const nothing: readonly TimelinePage[] = [];

interface TimelineProps {
  detail: ConversationDetail;
  show: TimelineShow;
  /** The message that a link leads to. */
  anchor: string | null;
}

export function Timeline({ detail, show, anchor }: TimelineProps) {
  const me = useMe();
  const navigate = useNavigate();
  const { navigation } = useActionContext();
  const thread = useThread(detail.id, anchor, show);
  // It is marked as read a second after it was opened, and on a slow line the messages come later than that.
  const [unread] = useState(detail.unread_count);
  const filter = {
    show,
    onShow: (next: TimelineShow) => navigation.showInTimeline(next),
  };
  const toNewest = () => {
    thread.toNewest();
    // The address no longer names the message, so that the same link leads there again.
    if (anchor) void navigate({ to: ".", search: true, hash: "", replace: true });
  };
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <TimelineFilterBar {...filter} />
      <div className="relative min-h-0 flex-1">
        <TimelineFilterMenu {...filter} />
        <StretchView
          key={thread.around ?? "end"}
          detail={detail}
          show={show}
          anchor={anchor}
          thread={thread}
          unread={unread}
          toNewest={toNewest}
        />
      </div>
      <Announcer
        items={thread.end.pages[0]?.data ?? []}
        loaded={thread.end.state === "ready"}
        myId={me.user.id}
      />
    </div>
  );
}

function useBlocks(pages: readonly TimelinePage[], show: TimelineShow) {
  const me = useMe();
  const blocks = useMemo(
    () =>
      timelineBlocks(pages, show, (activity) => activitySentence(activity, me.user.id) !== null),
    [pages, show, me.user.id],
  );
  const rows = useMemo(() => blocks.flatMap((block) => block.rows), [blocks]);
  return { blocks, rows };
}

interface StretchViewProps extends TimelineProps {
  thread: Thread;
  unread: number;
  toNewest: () => void;
}

function StretchView({ detail, show, anchor, thread, unread, toNewest }: StretchViewProps) {
  const { t } = useTranslation();
  const me = useMe();
  const now = useNow();
  const { shown: stretch, end } = thread;
  const { blocks, rows } = useBlocks(stretch.pages, show);
  const elsewhere = useBlocks(stretch.hasNewer ? end.pages : nothing, show);
  const scroller = useRef<HTMLDivElement>(null);
  const place = useScrollPlace(scroller, !stretch.hasNewer);
  const { unseen, unreadKey, seeEnd } = useArrivals({
    rows,
    endRows: stretch.hasNewer ? elsewhere.rows : rows,
    loaded: stretch.state === "ready",
    reachesEnd: !stretch.hasNewer,
    unread,
    place,
    toNewest,
  });
  const day = useTopDay(scroller);

  const readOn = () => {
    const element = scroller.current;
    // What did not come is asked for again by hand.
    if (!element || stretch.failed !== null) return;
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    if (stretch.hasOlder && element.scrollTop < readAhead) stretch.readOlder();
    else if (below < readAhead) stretch.readNewer();
  };
  // What is filtered out fills no screen, so the next page is asked for without anybody scrolling.
  useEffect(readOn);
  const shownBefore = useRef(show);
  useLayoutEffect(() => {
    // Another choice begins at its end; the first one where the thread opens.
    if (shownBefore.current !== show) place.toEnd();
    shownBefore.current = show;
  }, [show, place.toEnd]);
  const { anchorKey, marked, arrivedAt } = useAnchor(anchor, rows, place, scroller);

  const onEnd = () => {
    if (stretch.hasNewer) toNewest();
    else place.toEnd();
    // The button goes, and whoever pressed it by the keyboard reads on from here.
    requestAnimationFrame(() =>
      document.getElementById(regionIds.timeline)?.focus({ preventScroll: true }),
    );
  };
  return (
    <>
      <div
        ref={scroller}
        id={regionIds.timeline}
        // The log is a scrolling region, so the keyboard must be able to reach and scroll it.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: see above.
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={t("timeline.label", { name: detail.contact?.display_name ?? detail.topic })}
        aria-busy={stretch.fetching !== null}
        onWheel={day.touched}
        onTouchMove={day.touched}
        onPointerDown={day.touched}
        onKeyDown={day.touched}
        onScroll={() => {
          place.moved();
          day.update();
          if (place.wasAtEnd()) seeEnd();
          readOn();
        }}
        className="scroll-thin h-full px-4 outline-offset-[-2px] [overflow-anchor:none] sm:px-6"
      >
        <div className="mx-auto flex min-h-full max-w-3xl flex-col justify-end pt-4 pb-6">
          <TimelineState stretch={stretch} show={show} isEmpty={rows.length === 0} />
          <TimelineEdge stretch={stretch} side="older" />
          {blocks.map((block) => (
            <TimelineBlockView
              key={block.key}
              scroller={scroller}
              held={anchorKey !== null && block.rows.some((row) => row.key === anchorKey)}
            >
              {() =>
                block.rows.map((row) => (
                  <Row
                    key={row.key}
                    row={row}
                    day={row.newDay ? dayName(row.at, now) : null}
                    isNew={row.key === unreadKey}
                    isMarked={row.key === marked}
                    myId={me.user.id}
                    showChannel={detail.channels.length > 1}
                  />
                ))
              }
            </TimelineBlockView>
          ))}
          <TimelineEdge stretch={stretch} side="newer" />
        </div>
      </div>
      <DayOverlay name={day.at && dayName(day.at, now)} shown={day.moving} />
      {place.atEnd ? null : (
        <Button
          size="small"
          onClick={onEnd}
          className={cx(
            "absolute inset-x-0 bottom-3 mx-auto w-fit rounded-full shadow-popover",
            unseen > 0 && "text-accent-text",
          )}
        >
          <ArrowDown className="size-3.5" />
          {unseen > 0 ? t("timeline.new", { count: unseen }) : t("timeline.to_newest")}
        </Button>
      )}
      <p className="sr-only" role="status">
        {arrivedAt
          ? t("timeline.opened_at", {
              name: arrivedAt.message.author.name,
              time: mediumTime(arrivedAt.message.sent_at),
            })
          : null}
      </p>
    </>
  );
}
