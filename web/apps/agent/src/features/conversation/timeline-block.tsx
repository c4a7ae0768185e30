/** A stretch of the thread. Far from the view it is only the room that it took. */
import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";

const margin = "1200px 0px";

interface TimelineBlockProps {
  scroller: RefObject<HTMLDivElement | null>;
  /** Stays on the screen, because something has to be found in it. */
  held: boolean;
  children: () => ReactNode;
}

export function TimelineBlockView({ scroller, held, children }: TimelineBlockProps) {
  const element = useRef<HTMLDivElement>(null);
  // The height it had when it was left, or nothing while it is on the screen.
  const [left, setLeft] = useState<number | null>(null);
  useEffect(() => {
    const block = element.current;
    if (!block) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (!entry) return;
        if (entry.isIntersecting) setLeft(null);
        // What has the focus stays, or the keyboard would lose its place.
        else if (!block.contains(document.activeElement)) {
          setLeft((height) => height ?? entry.boundingClientRect.height);
        }
      },
      { root: scroller.current, rootMargin: margin },
    );
    observer.observe(block);
    return () => observer.disconnect();
  }, [scroller]);
  const shown = left === null || held;
  return (
    <div ref={element} style={shown ? undefined : { height: left }}>
      {shown ? children() : null}
    </div>
  );
}
