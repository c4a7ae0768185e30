/** Small labels, counts, and the placeholder blocks shown while content loads. */
import type { ComponentProps, ReactNode } from "react";
import { cx } from "./cx";

export type Tone = "neutral" | "accent" | "success" | "warning" | "danger" | "ai" | "note";
const tones: Record<Tone, string> = {
  neutral: "bg-sunken text-text-2 dark:bg-hover",
  accent: "bg-accent-soft text-accent-text",
  success: "bg-success-soft text-success",
  warning: "bg-warning-soft text-warning",
  danger: "bg-danger-soft text-danger",
  ai: "bg-ai-soft text-ai",
  note: "bg-note-bg text-note-text",
};

export function Badge({
  tone = "neutral",
  className,
  children,
}: {
  tone?: Tone;
  className?: string;
  children: ReactNode;
}) {
  return (
    <span
      className={cx(
        "inline-flex h-5 shrink-0 items-center gap-1 rounded-chip px-1.5 text-micro font-medium whitespace-nowrap",
        tones[tone],
        className,
      )}
    >
      {children}
    </span>
  );
}

export function Skeleton({ className, ...rest }: ComponentProps<"div">) {
  return (
    <div
      aria-hidden="true"
      className={cx("animate-pulse-soft rounded-chip bg-sunken dark:bg-hover", className)}
      {...rest}
    />
  );
}

export function Notice({
  tone = "neutral",
  icon,
  children,
  actions,
  className,
  ...rest
}: Omit<ComponentProps<"div">, "children"> & {
  tone?: Tone;
  icon?: ReactNode;
  children: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div
      className={cx(
        "flex flex-wrap items-center gap-x-3 gap-y-2 rounded-card px-3 py-2 text-small",
        tones[tone],
        className,
      )}
      {...rest}
    >
      {icon ? <span className="flex size-4 items-center">{icon}</span> : null}
      <div className="min-w-0 flex-1 basis-40">{children}</div>
      {actions ? <div className="flex flex-wrap gap-2">{actions}</div> : null}
    </div>
  );
}

export function EmptyState({
  icon,
  title,
  children,
  action,
  className,
  level = "p",
}: {
  /** `h1` where this is all the page has to say. */
  level?: "p" | "h1" | "h2";
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
}) {
  const Title = level;
  return (
    <div
      className={cx(
        "flex flex-1 flex-col items-center justify-center gap-2 px-6 py-12 text-center",
        className,
      )}
    >
      {icon ? (
        <span className="mb-1 flex size-11 items-center justify-center rounded-full bg-sunken text-text-3 dark:bg-hover [&_svg]:size-5">
          {icon}
        </span>
      ) : null}
      <Title className="text-heading text-text">{title}</Title>
      {children ? <div className="max-w-sm text-body text-text-2">{children}</div> : null}
      {action ? <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div> : null}
    </div>
  );
}
