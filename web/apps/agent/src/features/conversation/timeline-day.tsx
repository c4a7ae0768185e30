/** Names the day of what is read while one scrolls, where the line of that day is out of view. */
import { cx } from "@rapport/ui";
import { type RefObject, useEffect, useRef, useState } from "react";
import { topRow } from "./use-scroll-place";

/** How much of a row is the line of its day. */
const dayLineHeight = 42;

/** The day of what stands at the top, where its own line has been scrolled away, while one scrolls. */
export function useTopDay(scroller: RefObject<HTMLDivElement | null>) {
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
export function DayOverlay({ name, shown }: { name: string | null; shown: boolean }) {
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
