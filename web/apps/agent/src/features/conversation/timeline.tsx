/**
 * The thread, oldest first. It opens at what is unread or at the end, follows new messages only while
 * the reader is there, and however long it is, only the part around the view is on the screen.
 */
import type { ConversationDetail } from "@rapport/api";
import { Button, cx, EmptyState, Skeleton } from "@rapport/ui";
import { useInfiniteQuery } from "@tanstack/react-query";
import { ArrowDown, MessageSquareDashed, TriangleAlert } from "lucide-react";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useActionContext } from "@/actions/use-actions";
import { useNow } from "@/app/clock";
import { regionIds } from "@/app/focus";
import { explain } from "@/app/notify";
import { useMe } from "@/app/session";
import type { TimelineShow } from "@/data/list-query";
import { timelineOptions } from "@/data/queries";
import { dayName } from "@/i18n/format";
import { activitySentence } from "./activity-line";
import { Announcer } from "./timeline-announcer";
import { TimelineBlockView } from "./timeline-block";
import { TimelineFilterBar, TimelineFilterMenu } from "./timeline-filter";
import { Row } from "./timeline-row";
import { firstUnread, timelineBlocks } from "./timeline-rows";
import { useAnchor } from "./use-anchor";
import { type ScrollPlace, topRow, useScrollPlace } from "./use-scroll-place";

/** Older messages are fetched when less than this is left above. */
const readAhead = 1_200;

interface TimelineProps {
  detail: ConversationDetail;
  show: TimelineShow;
  /** The message that a link leads to. */
  anchor: string | null;
}

export function Timeline({ detail, show, anchor }: TimelineProps) {
  const { t } = useTranslation();
  const me = useMe();
  const now = useNow();
  const { navigation } = useActionContext();
  const timeline = useInfiniteQuery(timelineOptions(detail.id));
  const pages = timeline.data?.pages;
  const blocks = useMemo(
    () =>
      timelineBlocks(
        pages ?? [],
        show,
        (activity) => activitySentence(activity, me.user.id) !== null,
      ),
    [pages, show, me.user.id],
  );
  const rows = useMemo(() => blocks.flatMap((block) => block.rows), [blocks]);
  const scroller = useRef<HTMLDivElement>(null);
  const place = useScrollPlace(scroller);
  const { unseen, unreadKey, seeEnd } = useArrivals(rows, place, detail, timeline.isSuccess);
  const day = useTopDay(scroller);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = timeline;

  const readOn = () => {
    const element = scroller.current;
    if (!element || !hasNextPage || isFetchingNextPage) return;
    if (element.scrollTop < readAhead) void fetchNextPage();
  };
  // What is filtered out fills no screen, so the next page is asked for without anybody scrolling.
  useEffect(readOn);
  const shownBefore = useRef(show);
  useLayoutEffect(() => {
    // Another choice begins at its end; the first one where the thread opens.
    if (shownBefore.current !== show) place.toEnd();
    shownBefore.current = show;
  }, [show, place.toEnd]);
  const { anchorKey, marked } = useAnchor(anchor, rows, place, timeline, scroller);

  const onShow = (next: TimelineShow) => navigation.showInTimeline(next);
  const filter = { show, onShow };
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <TimelineFilterBar {...filter} />
      <div className="relative min-h-0 flex-1">
        <TimelineFilterMenu {...filter} />
        <div
          ref={scroller}
          id={regionIds.timeline}
          // The log is a scrolling region, so the keyboard must be able to reach and scroll it.
          // biome-ignore lint/a11y/noNoninteractiveTabindex: see above.
          tabIndex={0}
          role="log"
          aria-live="off"
          aria-label={t("timeline.label", { name: detail.contact?.display_name ?? detail.topic })}
          aria-busy={isFetchingNextPage}
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
            {timeline.isPending ? <TimelineSkeleton /> : null}
            {timeline.isError ? (
              <EmptyState
                icon={<TriangleAlert />}
                title={t("timeline.error")}
                action={
                  <Button onClick={() => void timeline.refetch()}>{t("common.retry")}</Button>
                }
              >
                {explain(timeline.error)}
              </EmptyState>
            ) : null}
            {isFetchingNextPage ? <Skeleton className="mx-auto mb-2 h-3 w-40" /> : null}
            {timeline.isSuccess && rows.length === 0 && !hasNextPage ? (
              <EmptyState
                icon={<MessageSquareDashed />}
                title={t(show === "all" ? "timeline.empty" : `show.${show}_none`)}
              />
            ) : null}
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
          </div>
        </div>
        <DayOverlay name={day.at && dayName(day.at, now)} shown={day.moving} />
        {place.atEnd ? null : (
          <Button
            size="small"
            onClick={place.toEnd}
            className={cx(
              "absolute inset-x-0 bottom-3 mx-auto w-fit rounded-full shadow-popover",
              unseen > 0 && "text-accent-text",
            )}
          >
            <ArrowDown className="size-3.5" />
            {unseen > 0 ? t("timeline.new", { count: unseen }) : t("timeline.to_end")}
          </Button>
        )}
      </div>
      <Announcer items={pages?.[0]?.data ?? []} loaded={timeline.isSuccess} myId={me.user.id} />
    </div>
  );
}

type Rows = ReturnType<typeof timelineBlocks>[number]["rows"];

/** Where the thread opens, and what happens to the view when rows are added above or below. */
function useArrivals(rows: Rows, place: ScrollPlace, detail: ConversationDetail, loaded: boolean) {
  const me = useMe();
  const [unseen, setUnseen] = useState(0);
  const [unreadKey, setUnreadKey] = useState<string | null>(null);
  // It is marked as read a second after it was opened, and on a slow line the messages come later than that.
  const [unreadAtOpening] = useState(detail.unread_count);
  const before = useRef<{ last: string | null; count: number }>({ last: null, count: 0 });
  const last = rows.at(-1);
  const lastKey = last?.key ?? null;
  const { pinTo, toEnd, keep, wasAtEnd } = place;

  // biome-ignore lint/correctness/useExhaustiveDependencies: judged once, when the thread has arrived.
  useLayoutEffect(() => {
    if (!loaded) return;
    const key = firstUnread(rows, unreadAtOpening);
    setUnreadKey(key);
    if (key) pinTo(key);
    else toEnd();
  }, [loaded]);

  useLayoutEffect(() => {
    const { last: known, count } = before.current;
    before.current = { last: lastKey, count: rows.length };
    const grewBelow = known !== null && known !== lastKey;
    const mine = last?.type === "message" && last.message.author.id === me.user.id;
    if (grewBelow && (wasAtEnd() || mine)) toEnd();
    else {
      if (grewBelow) setUnseen((now) => now + Math.max(1, rows.length - count));
      keep();
    }
  }, [rows, lastKey, last, me.user.id, wasAtEnd, toEnd, keep]);

  return { unseen, unreadKey, seeEnd: () => setUnseen(0) };
}

/** How much of a row is the line of its day. */
const dayLineHeight = 42;

/** The day of what stands at the top, where its own line has been scrolled away, while one scrolls. */
function useTopDay(scroller: React.RefObject<HTMLDivElement | null>) {
  const [at, setAt] = useState<string | null>(null);
  const [moving, setMoving] = useState(false);
  const timer = useRef(0);
  const byHand = useRef(false);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  return {
    at,
    moving,
    touched: () => {
      byHand.current = true;
    },
    update: () => {
      // Only somebody who looks for a place needs it, and not who has just been put in one.
      if (!byHand.current) return;
      setMoving(true);
      window.clearTimeout(timer.current);
      timer.current = window.setTimeout(() => setMoving(false), 1_200);
      const element = scroller.current;
      if (!element) return;
      const row = topRow(element);
      const top = element.getBoundingClientRect().top;
      const ownLine =
        row?.hasAttribute("data-day") && row.getBoundingClientRect().top > top - dayLineHeight;
      const next = row?.nextElementSibling;
      const lineFollows =
        next?.hasAttribute("data-day") && next.getBoundingClientRect().top < top + 48;
      setAt(!row || ownLine || lineFollows ? null : (row.dataset.at ?? null));
    },
  };
}

/** Gone when the thread stands still, because it lies on the text. */
function DayOverlay({ name, shown }: { name: string | null; shown: boolean }) {
  if (!name) return null;
  return (
    <div
      aria-hidden="true"
      className={cx(
        "pointer-events-none absolute inset-x-0 top-2 z-10 flex justify-center transition-opacity duration-150",
        !shown && "opacity-0",
      )}
    >
      <span className="min-w-36 rounded-full bg-bg px-3 py-0.5 text-center text-micro font-medium text-text-3 shadow-[0_0_0_1px_var(--line)]">
        {name}
      </span>
    </div>
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
