/**
 * Mail written in HTML, in a frame that runs no script and reaches no network.
 * The server has cleaned the markup; the frame makes sure that a mistake there stays harmless.
 */
import interUrl from "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?url";
import { cx } from "@rapport/ui";
import { SunDim } from "lucide-react";
import { type RefObject, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { mailDimmed, useIsDark } from "@/app/preferences";
import { useStore } from "@/app/store";

const quoteSelectors = [
  ".gmail_quote",
  ".yahoo_quoted",
  ".moz-cite-prefix",
  'blockquote[type="cite"]',
  "body > blockquote",
  "body > div > blockquote",
].join(",");

/** Mail that brings no looks of its own may take ours; designed mail keeps its white ground. */
const isPlain = (html: string) =>
  !/<(table|img|style|font|center)\b|style\s*=|bgcolor|color\s*=/i.test(html);

const palettes = {
  white: { ground: "#fff", text: "#14171f", quiet: "#4a5162", line: "#dfe2e9", link: "#244bbb" },
  light: {
    ground: "transparent",
    text: "#14171f",
    quiet: "#4a5162",
    line: "#dfe2e9",
    link: "#244bbb",
  },
  dark: {
    ground: "transparent",
    text: "#e9ecf3",
    quiet: "#b4bbca",
    line: "#2a303c",
    link: "#a5bdff",
  },
};
type Look = keyof typeof palettes;

interface FrameParts {
  html: string;
  look: Look;
  remoteImages: boolean;
  showQuote: boolean;
}

function frameDocument({ html, look, remoteImages, showQuote }: FrameParts): string {
  const { ground, text, quiet, line, link } = palettes[look];
  const images = remoteImages ? "'self' data: https:" : "'self' data:";
  const policy = `default-src 'none'; img-src ${images}; style-src 'unsafe-inline'; font-src 'self'; form-action 'none'; base-uri 'none'`;
  return `<!doctype html><html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<style>
@font-face{font-family:"Inter Variable";font-weight:100 900;font-display:swap;src:url("${interUrl}") format("woff2-variations")}
html{color-scheme:${look === "dark" ? "dark" : "light"};background:${ground}}
html{overflow-y:hidden}
body{margin:0;padding:2px;display:flow-root;color:${text};font:15px/1.6 "Inter Variable",ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
body>:first-child{margin-top:0}body>:last-child{margin-bottom:0}
img{max-width:100%;height:auto}
img[data-remote-src]{display:inline-block;min-width:24px;min-height:24px;background:#eceef2;border:1px dashed #7a8296;border-radius:4px}
table{max-width:100%}pre{white-space:pre-wrap}
a{color:${link}}
blockquote{margin:.5em 0;padding-inline-start:.8em;border-inline-start:3px solid ${line};color:${quiet}}
${showQuote ? "" : `${quoteSelectors}{display:none}`}
</style></head><body dir="auto">${html}</body></html>`;
}

/** Keys pressed while the mail has the focus mean the same as anywhere else in the app. */
function passOn(event: KeyboardEvent) {
  const { key, code, ctrlKey, metaKey, altKey, shiftKey } = event;
  const copy = new KeyboardEvent("keydown", {
    key,
    code,
    ctrlKey,
    metaKey,
    altKey,
    shiftKey,
    bubbles: true,
    cancelable: true,
  });
  if (!window.dispatchEvent(copy)) event.preventDefault();
}

function openLinksOutside(content: Document) {
  for (const link of content.querySelectorAll("a[href]")) {
    link.setAttribute("target", "_blank");
    link.setAttribute("rel", "noopener noreferrer");
  }
}

/** Below this a mail is too small to read; what is still too wide is scrolled. */
const smallestZoom = 0.5;

/** A mail designed for a wide window is made smaller, because a cut one cannot be read. */
function fitWidth(content: Document) {
  const { body, documentElement: root } = content;
  body.style.setProperty("zoom", "1");
  const room = root.clientWidth;
  if (room === 0 || root.scrollWidth <= room) return;
  body.style.setProperty("zoom", String(Math.max(smallestZoom, room / root.scrollWidth)));
}

/** The heights that mails had, so that one that comes back takes its room at once. */
const heights = new Map<string, number>();
const heightsKept = 1_000;
const unknownHeight = 160;

function rememberHeight(key: string, height: number) {
  heights.delete(key);
  heights.set(key, height);
  const [oldest] = heights.keys();
  if (heights.size > heightsKept && oldest !== undefined) heights.delete(oldest);
}

/** Turns true when the element comes near the view, and stays so. */
function useNear(element: RefObject<HTMLElement | null>): boolean {
  const [near, setNear] = useState(false);
  useEffect(() => {
    const { current } = element;
    if (!current || near) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setNear(true);
      },
      { root: current.closest('[role="log"]'), rootMargin: "800px 0px" },
    );
    observer.observe(current);
    return () => observer.disconnect();
  }, [element, near]);
  return near;
}

export interface EmailFrameProps {
  /** Names this mail among all. */
  id: string;
  html: string;
  remoteImages: boolean;
  showQuote: boolean;
  sender: string;
}

export function EmailFrame(props: EmailFrameProps) {
  const place = useRef<HTMLDivElement>(null);
  const near = useNear(place);
  const height = heights.get(heightKey(props)) ?? unknownHeight;
  return (
    <div ref={place} style={near ? undefined : { height }}>
      {near ? <Frame {...props} /> : null}
    </div>
  );
}

const heightKey = ({ id, showQuote }: EmailFrameProps) => `${id}${showQuote ? "+" : ""}`;

function Frame(props: EmailFrameProps) {
  const { html, remoteImages, showQuote, sender } = props;
  const { t } = useTranslation();
  const key = heightKey(props);
  const frame = useRef<HTMLIFrameElement>(null);
  const [height, setHeight] = useState(() => heights.get(key) ?? 48);
  const keyNow = useRef(key);
  keyNow.current = key;
  const dark = useIsDark();
  const look: Look = !isPlain(html) ? "white" : dark ? "dark" : "light";
  const source = useMemo(
    () => frameDocument({ html, look, remoteImages, showQuote }),
    [html, look, remoteImages, showQuote],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: another source is another document.
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    let observer: ResizeObserver | null = null;
    let followed: Document | null = null;
    let request = 0;
    const follow = () => {
      const content = element.contentDocument;
      if (!content?.body || content === followed || content.readyState === "loading") return;
      followed = content;
      openLinksOutside(content);
      content.addEventListener("keydown", passOn);
      // A press in the mail closes what is open above the page, as a press anywhere else does.
      content.addEventListener("pointerdown", () => {
        element.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
      });
      let fittedTo = 0;
      const measure = () => {
        if (element.clientWidth !== fittedTo) fitWidth(content);
        fittedTo = element.clientWidth;
        const next = Math.ceil(content.body.getBoundingClientRect().height) + 1;
        rememberHeight(keyNow.current, next);
        setHeight(next);
      };
      measure();
      observer?.disconnect();
      observer = new ResizeObserver(measure);
      observer.observe(content.body);
    };
    // A frame counts as loaded only with its font and pictures, but its text can be read before.
    const poll = () => {
      follow();
      if (followed?.readyState !== "complete") request = requestAnimationFrame(poll);
    };
    element.addEventListener("load", follow);
    poll();
    return () => {
      element.removeEventListener("load", follow);
      cancelAnimationFrame(request);
      observer?.disconnect();
    };
  }, [source]);

  const dimmed = useStore(mailDimmed);
  const bright = look === "white" && dark;
  return (
    <>
      <div
        className={cx(
          "rounded-control",
          look === "white" && "bg-white dark:p-2.5",
          bright && dimmed && "brightness-[0.72]",
        )}
      >
        <iframe
          ref={frame}
          title={t("message.frame_title", { name: sender })}
          sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
          srcDoc={source}
          referrerPolicy="no-referrer"
          // The room that the outline of a link needs inside the frame is not seen outside.
          className="-mx-0.5 block w-[calc(100%+0.25rem)]"
          // A frame whose scheme differs from its page gets an opaque ground.
          style={{ height, colorScheme: look === "dark" ? "dark" : "light" }}
        />
      </div>
      {bright ? (
        <button
          type="button"
          aria-pressed={dimmed}
          onClick={() => mailDimmed.set(!dimmed)}
          className={cx(
            "mt-2 me-2 inline-flex h-6 items-center gap-1.5 rounded-chip px-2 text-micro font-medium",
            dimmed ? "bg-accent-soft text-accent-text" : "bg-hover text-text-2 hover:text-text",
          )}
        >
          <SunDim className="size-3.5" />
          {t("message.dim")}
        </button>
      ) : null}
    </>
  );
}
