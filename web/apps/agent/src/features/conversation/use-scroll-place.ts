/**
 * Keeps what is being read where it is while things around it come, go and change their height.
 * The browser's own anchoring is off: it is not everywhere, and it does not know about the end.
 */
import {
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";

const nearEnd = 80;
/** Leaves room for the name of the day, which lies over the top. */
const gapAboveMark = 36;

/** Stay at the end, hold a chosen row at the top, or keep the first row that is in view. */
type Mode = { kind: "end" } | { kind: "pin"; key: string } | { kind: "place" };

export interface ScrollPlace {
  /** Whether the end is in view. */
  atEnd: boolean;
  wasAtEnd: () => boolean;
  toEnd: () => void;
  /** Holds this row at the top, or as near as there is text below it, until the reader moves. */
  pinTo: (key: string) => void;
  /** Puts the view back after the content has changed. */
  keep: () => void;
  /** To be called when the view has moved. */
  moved: () => void;
}

export const rowOf = (element: HTMLElement, key: string) =>
  element.querySelector<HTMLElement>(`[data-row="${CSS.escape(key)}"]`);

/** Where the row's own content begins; the lines above it may go when an older page arrives. */
const contentTop = (row: HTMLElement) => (row.lastElementChild ?? row).getBoundingClientRect().top;

const isAtEnd = (element: HTMLElement) =>
  element.scrollHeight - element.scrollTop - element.clientHeight < nearEnd;

/** The first row that can be seen at least in part. */
export function topRow(element: HTMLElement): HTMLElement | null {
  const { top } = element.getBoundingClientRect();
  for (const row of element.querySelectorAll<HTMLElement>("[data-row]")) {
    if (row.getBoundingClientRect().bottom > top) return row;
  }
  return null;
}

/** `ends` is false while more is to come below what is loaded, so that nobody is at the end there. */
export function useScrollPlace(
  scroller: RefObject<HTMLDivElement | null>,
  ends: boolean,
): ScrollPlace {
  const mode = useRef<Mode>({ kind: "end" });
  const place = useRef<{ key: string; top: number } | null>(null);
  const end = useRef(true);
  const [atEnd, setAtEnd] = useState(true);
  const hasEnd = useRef(ends);
  useLayoutEffect(() => {
    hasEnd.current = ends;
  }, [ends]);

  const note = useCallback((element: HTMLElement) => {
    end.current = hasEnd.current && isAtEnd(element);
    setAtEnd(end.current);
    const row = topRow(element);
    place.current = row && {
      key: row.dataset.row ?? "",
      top: contentTop(row) - element.getBoundingClientRect().top,
    };
  }, []);

  const keep = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const { current } = mode;
    if (current.kind === "end") element.scrollTop = element.scrollHeight;
    else {
      const wanted =
        current.kind === "pin" ? { key: current.key, top: gapAboveMark } : place.current;
      const row = wanted && rowOf(element, wanted.key);
      if (!wanted || !row) return;
      const rowTop = current.kind === "pin" ? row.getBoundingClientRect().top : contentTop(row);
      const top = rowTop - element.getBoundingClientRect().top;
      if (Math.abs(top - wanted.top) >= 1) element.scrollTop += top - wanted.top;
    }
    end.current = hasEnd.current && isAtEnd(element);
    setAtEnd(end.current);
  }, [scroller]);

  const moved = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    note(element);
    if (mode.current.kind !== "pin") mode.current = { kind: end.current ? "end" : "place" };
  }, [scroller, note]);

  useEffect(() => {
    const element = scroller.current;
    const content = element?.firstElementChild;
    if (!element || !content) return;
    const observer = new ResizeObserver(keep);
    observer.observe(content);
    observer.observe(element);
    // Whoever opens something in the thread wants to see it there, and not what comes after it.
    const act = () => {
      note(element);
      mode.current = { kind: "place" };
    };
    const acts = ["wheel", "touchmove", "pointerdown", "keydown"] as const;
    for (const name of acts) element.addEventListener(name, act, { passive: true });
    return () => {
      observer.disconnect();
      for (const name of acts) element.removeEventListener(name, act);
    };
  }, [scroller, keep, note]);

  // They stay the same, because to be put somewhere again would undo what the reader did meanwhile.
  const ways = useMemo(
    () => ({
      wasAtEnd: () => end.current,
      toEnd: () => {
        mode.current = { kind: "end" };
        keep();
      },
      pinTo: (key: string) => {
        mode.current = { kind: "pin", key };
        keep();
      },
      keep,
      moved,
    }),
    [keep, moved],
  );
  return { atEnd, ...ways };
}
