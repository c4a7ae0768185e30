/** The pieces all settings pages are made of. */
import { Button, Notice } from "@rapport/ui";
import { Check, Copy } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { complain } from "@/app/notify";

let titleIsNext = false;
/** The page that comes next takes the focus with its title, because what had it goes away. */
export function focusNextTitle() {
  titleIsNext = true;
}

export function PageTitle({
  title,
  lead,
  action,
}: {
  title: string;
  lead?: ReactNode;
  action?: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!titleIsNext) return;
    titleIsNext = false;
    heading.current?.focus();
  }, []);
  return (
    <header className="mb-6 flex flex-wrap items-start gap-3">
      <div className="min-w-0 flex-1 basis-60">
        <h1 ref={heading} tabIndex={-1} className="text-display break-words outline-none">
          {title}
        </h1>
        {lead ? <p className="mt-1 max-w-prose text-body text-text-2">{lead}</p> : null}
      </div>
      {action}
    </header>
  );
}

export function Panel({
  title,
  lead,
  children,
  footer,
}: {
  title?: string;
  lead?: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
}) {
  return (
    <section className="mb-6 rounded-popover border border-line bg-bg">
      <div className="p-5">
        {title ? <h2 className="text-heading">{title}</h2> : null}
        {lead ? <p className="mt-0.5 mb-4 text-small text-text-3">{lead}</p> : null}
        {title && !lead ? <div className="h-4" /> : null}
        {children}
      </div>
      {footer ? (
        <div className="flex items-center justify-end gap-2 rounded-b-popover border-t border-line bg-surface px-5 py-3">
          {footer}
        </div>
      ) : null}
    </section>
  );
}

/** What mail servers and libraries say begins in the middle of a sentence. */
export const sentence = (text: string) => text.charAt(0).toLocaleUpperCase() + text.slice(1);

/** What a server or a library said itself, for those who can make use of it. */
export function TechnicalDetails({ text }: { text: string }) {
  const { t } = useTranslation();
  return (
    <details className="mt-1 text-small">
      <summary className="w-fit cursor-pointer rounded-chip text-text-2 hover:text-text">
        {t("health.technical")}
      </summary>
      <code className="mt-1 block font-mono break-words whitespace-pre-wrap">{text}</code>
    </details>
  );
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  return (
    <>
      <Button
        size="small"
        aria-label={t(copied ? "settings.copied_what" : "settings.copy_what", { what: label })}
        onClick={() => {
          void navigator.clipboard.writeText(text).then(() => {
            setCopied(true);
            window.setTimeout(() => setCopied(false), 1_500);
          }, complain);
        }}
      >
        {copied ? <Check className="size-3.5 text-success" /> : <Copy className="size-3.5" />}
        {t(copied ? "toast.text_copied" : "common.copy")}
      </Button>
      <span role="status" className="sr-only">
        {copied ? t("toast.text_copied") : ""}
      </span>
    </>
  );
}

export function CodeBlock({ code, label }: { code: string; label: string }) {
  return (
    <div className="flex items-start rounded-card bg-sunken max-sm:flex-col max-sm:items-stretch">
      <pre
        // A long line scrolls, so the block must be reachable from the keyboard.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: see above.
        tabIndex={0}
        className="min-w-0 flex-1 overflow-x-auto p-3.5 font-mono text-small leading-5 whitespace-pre"
      >
        {code}
      </pre>
      <span className="m-2 shrink-0 max-sm:mt-0 max-sm:self-end">
        <CopyButton text={code} label={label} />
      </span>
    </div>
  );
}

/** A secret the server will never show again. */
export function OnceSecret({ value, label, hint }: { value: string; label: string; hint: string }) {
  return (
    <Notice tone="success" role="status" className="mb-4">
      <p className="font-semibold">{label}</p>
      <p className="mt-0.5">{hint}</p>
      <div className="mt-2 flex items-center gap-2">
        <code className="min-w-0 flex-1 rounded-control bg-bg px-2.5 py-1.5 font-mono text-small break-all text-text">
          {value}
        </code>
        <CopyButton text={value} label={label} />
      </div>
    </Notice>
  );
}
