/**
 * The thread, oldest first. It opens at the end, follows new messages only while the reader is there,
 * and keeps its place when older ones load above.
 */
import type { ConversationDetail, TimelineItem } from "@rapport/api";
import { Button, cx, EmptyState, Skeleton } from "@rapport/ui";
import { useInfiniteQuery } from "@tanstack/react-query";
import { ArrowDown, MessageSquareDashed, TriangleAlert } from "lucide-react";
import { Fragment, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNow } from "@/app/clock";
import { regionIds } from "@/app/focus";
import { explain } from "@/app/notify";
import { useMe } from "@/app/session";
import { timelineOptions } from "@/data/queries";
import { flattenTimeline } from "@/data/timeline-pages";
import { dayName } from "@/i18n/format";
import { ActivityLine, activitySentence } from "./activity-line";
import { MessageItem } from "./message-item";

const nearEnd = 80;
const continuedWithin = 5 * 60_000;

const timeOf = (item: TimelineItem) =>
  item.type === "message" ? item.message.sent_at : item.activity.occurred_at;
const keyOf = (item: TimelineItem) =>
  item.type === "message"
    ? (item.message.client_id ?? item.message.id)
    : `activity-${item.activity.seq}`;

function continues(previous: TimelineItem | undefined, item: TimelineItem): boolean {
  if (previous?.type !== "message" || item.type !== "message") return false;
  const [a, b] = [previous.message, item.message];
  return (
    a.kind === "message" &&
    b.kind === "message" &&
    a.channel === b.channel &&
    a.author.kind === b.author.kind &&
    a.author.id === b.author.id &&
    Date.parse(b.sent_at) - Date.parse(a.sent_at) < continuedWithin
  );
}

/** The id of the first message the reader has not seen, judged when the conversation is opened. */
function firstUnread(items: TimelineItem[], unread: number): string | null {
  let left = unread;
  for (let index = items.length - 1; index >= 0 && left > 0; index -= 1) {
    const item = items[index];
    if (item?.type !== "message" || item.message.direction !== "inbound") continue;
    left -= 1;
    if (left === 0) return item.message.id;
  }
  return null;
}

export function Timeline({ detail }: { detail: ConversationDetail }) {
  const { t } = useTranslation();
  const me = useMe();
  const now = useNow();
  const timeline = useInfiniteQuery(timelineOptions(detail.id));
  const items = useMemo(
    () =>
      flattenTimeline(timeline.data).filter((item) =>
        item.type === "message"
          ? item.message.delivery?.status !== "cancelled"
          : activitySentence(item.activity, me.user.id) !== null,
      ),
    [timeline.data, me.user.id],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const [unseen, setUnseen] = useState(0);
  const [unreadMark, setUnreadMark] = useState<string | null>(null);
  const firstKey = items[0] ? keyOf(items[0]) : null;
  const lastKey = items.at(-1) ? keyOf(items.at(-1) as TimelineItem) : null;
  const before = useRef({ firstKey, lastKey, height: 0, count: 0 });

  const loaded = timeline.isSuccess;
  // biome-ignore lint/correctness/useExhaustiveDependencies: judged once, when the thread has arrived.
  useEffect(() => {
    if (loaded) setUnreadMark(firstUnread(items, detail.unread_count));
  }, [loaded]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const last = before.current;
    const opened = last.lastKey === null && lastKey !== null;
    const grewAbove =
      last.firstKey !== null && last.firstKey !== firstKey && last.lastKey === lastKey;
    const grewBelow = last.lastKey !== null && last.lastKey !== lastKey;
    const lastItem = items.at(-1);
    const mine = lastItem?.type === "message" && lastItem.message.author.id === me.user.id;
    if (opened || (grewBelow && (atEnd || mine))) element.scrollTop = element.scrollHeight;
    else if (grewAbove) element.scrollTop += element.scrollHeight - last.height;
    else if (grewBelow) setUnseen((count) => count + Math.max(1, items.length - last.count));
    before.current = { firstKey, lastKey, height: element.scrollHeight, count: items.length };
  }, [firstKey, lastKey, items, atEnd, me.user.id]);

  useEffect(() => {
    const element = scroller.current;
    const content = element?.firstElementChild;
    if (!element || !content) return;
    // Frames and pictures grow after they were placed; the end stays the end.
    const observer = new ResizeObserver(() => {
      if (atEnd) element.scrollTop = element.scrollHeight;
    });
    observer.observe(content);
    observer.observe(element);
    return () => observer.disconnect();
  }, [atEnd]);

  const onScroll = () => {
    const element = scroller.current;
    if (!element) return;
    const end = element.scrollHeight - element.scrollTop - element.clientHeight < nearEnd;
    setAtEnd(end);
    if (end) setUnseen(0);
    if (element.scrollTop < 400 && timeline.hasNextPage && !timeline.isFetchingNextPage) {
      before.current.height = element.scrollHeight;
      void timeline.fetchNextPage();
    }
  };
  const toEnd = () => {
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight, behavior: "smooth" });
  };

  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        id={regionIds.timeline}
        // The log is a scrolling region, so the keyboard must be able to reach and scroll it.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: see above.
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={t("timeline.label", { name: detail.contact?.display_name ?? detail.topic })}
        aria-busy={timeline.isFetchingNextPage}
        onScroll={onScroll}
        className="scroll-thin h-full px-4 outline-offset-[-2px] sm:px-6"
      >
        <div className="mx-auto flex min-h-full max-w-3xl flex-col justify-end pt-4 pb-6">
          {timeline.isPending ? <TimelineSkeleton /> : null}
          {timeline.isError ? (
            <EmptyState
              icon={<TriangleAlert />}
              title={t("timeline.error")}
              action={<Button onClick={() => void timeline.refetch()}>{t("common.retry")}</Button>}
            >
              {explain(timeline.error)}
            </EmptyState>
          ) : null}
          {timeline.isSuccess && items.length === 0 ? (
            <EmptyState icon={<MessageSquareDashed />} title={t("timeline.empty")} />
          ) : null}
          {timeline.isFetchingNextPage ? <Skeleton className="mx-auto mb-2 h-3 w-40" /> : null}
          {items.map((item, index) => {
            const previous = items[index - 1];
            const newDay =
              !previous ||
              new Date(timeOf(previous)).toDateString() !== new Date(timeOf(item)).toDateString();
            const isNew = item.type === "message" && item.message.id === unreadMark;
            return (
              <Fragment key={keyOf(item)}>
                {newDay ? <DayLine name={dayName(timeOf(item), now)} /> : null}
                {isNew ? <NewLine /> : null}
                <div className="[contain-intrinsic-size:auto_120px] [content-visibility:auto]">
                  {item.type === "message" ? (
                    <MessageItem
                      message={item.message}
                      continued={!newDay && !isNew && continues(previous, item)}
                      myId={me.user.id}
                      showChannel={detail.channels.length > 1}
                    />
                  ) : (
                    <ActivityLine activity={item.activity} myId={me.user.id} />
                  )}
                </div>
              </Fragment>
            );
          })}
        </div>
      </div>
      <Announcer items={items} loaded={timeline.isSuccess} myId={me.user.id} />
      {atEnd ? null : (
        <Button
          size="small"
          onClick={toEnd}
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
  );
}

/** Says new messages aloud, gathered for a second. Loading older pages says nothing. */
function Announcer({
  items,
  loaded,
  myId,
}: {
  items: TimelineItem[];
  loaded: boolean;
  myId: string;
}) {
  const { t } = useTranslation();
  const [words, setWords] = useState("");
  const seen = useRef<string | null>(null);
  useEffect(() => {
    if (!loaded) return;
    const messages = items.flatMap((item) => (item.type === "message" ? [item.message] : []));
    const last = messages.at(-1);
    const known = seen.current;
    if (known === null || !last) {
      seen.current = last?.id ?? "";
      return;
    }
    const from = messages.findIndex((message) => message.id === known);
    const fresh = messages.slice(from + 1).filter((message) => message.author.id !== myId);
    if (last.id === known) return;
    const timer = window.setTimeout(() => {
      seen.current = last.id;
      if (fresh.length > 0) {
        setWords(
          t("timeline.announce", { count: fresh.length, name: fresh.at(-1)?.author.name ?? "" }),
        );
      }
    }, 1_000);
    return () => window.clearTimeout(timer);
  }, [items, loaded, myId, t]);
  return (
    <p className="sr-only" role="status">
      {words}
    </p>
  );
}

function DayLine({ name }: { name: string }) {
  return (
    <div className="sticky top-2 z-10 mt-5 flex justify-center first:mt-0">
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
