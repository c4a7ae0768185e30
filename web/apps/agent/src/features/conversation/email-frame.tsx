/**
 * Mail written in HTML, in a frame that runs no script and reaches no network.
 * The server has cleaned the markup; the frame makes sure that a mistake there stays harmless.
 */
import interUrl from "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?url";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

const quoteSelectors = [
  ".gmail_quote",
  ".yahoo_quoted",
  ".moz-cite-prefix",
  'blockquote[type="cite"]',
  "body > blockquote",
  "body > div > blockquote",
].join(",");

function frameDocument(html: string, remoteImages: boolean, showQuote: boolean): string {
  const images = remoteImages ? "'self' data: https:" : "'self' data:";
  const policy = `default-src 'none'; img-src ${images}; style-src 'unsafe-inline'; font-src 'self'; form-action 'none'; base-uri 'none'`;
  return `<!doctype html><html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<style>
@font-face{font-family:"Inter Variable";font-weight:100 900;font-display:swap;src:url("${interUrl}") format("woff2-variations")}
html{color-scheme:light;background:#fff}
body{margin:0;padding:2px;color:#14171f;font:15px/1.6 "Inter Variable",ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
body>:first-child{margin-top:0}body>:last-child{margin-bottom:0}
img{max-width:100%;height:auto}
img[data-remote-src]{display:inline-block;min-width:24px;min-height:24px;background:#eceef2;border:1px dashed #7a8296;border-radius:4px}
table{max-width:100%}pre{white-space:pre-wrap}
a{color:#244bbb}
blockquote{margin:.5em 0;padding-inline-start:.8em;border-inline-start:3px solid #dfe2e9;color:#4a5162}
${showQuote ? "" : `${quoteSelectors}{display:none}`}
</style></head><body dir="auto">${html}</body></html>`;
}

export interface EmailFrameProps {
  html: string;
  remoteImages: boolean;
  showQuote: boolean;
  sender: string;
}

export function EmailFrame({ html, remoteImages, showQuote, sender }: EmailFrameProps) {
  const { t } = useTranslation();
  const frame = useRef<HTMLIFrameElement>(null);
  const [height, setHeight] = useState(48);
  const source = useMemo(
    () => frameDocument(html, remoteImages, showQuote),
    [html, remoteImages, showQuote],
  );

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    let observer: ResizeObserver | null = null;
    const follow = () => {
      const content = element.contentDocument;
      if (!content?.body) return;
      for (const link of content.querySelectorAll("a[href]")) {
        link.setAttribute("target", "_blank");
        link.setAttribute("rel", "noopener noreferrer");
      }
      const measure = () => setHeight(Math.ceil(content.body.scrollHeight) + 1);
      measure();
      observer?.disconnect();
      observer = new ResizeObserver(measure);
      observer.observe(content.body);
    };
    element.addEventListener("load", follow);
    follow();
    return () => {
      element.removeEventListener("load", follow);
      observer?.disconnect();
    };
  }, []);

  return (
    <iframe
      ref={frame}
      title={t("message.frame_title", { name: sender })}
      sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
      srcDoc={source}
      referrerPolicy="no-referrer"
      className="block w-full rounded-control bg-white dark:p-2.5"
      style={{ height }}
    />
  );
}
