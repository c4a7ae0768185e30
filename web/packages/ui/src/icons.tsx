/** Marks of our own: one shape for each channel and status, so that none depends on colour. */
import type { ReactNode, SVGProps } from "react";
import { cx } from "./cx";

function Mark({ children, className, ...rest }: SVGProps<SVGSVGElement>) {
  return (
    <svg
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className={cx("size-4 shrink-0", className)}
      {...rest}
    >
      {children}
    </svg>
  );
}

const channels: Record<string, { shape: ReactNode; colour: string }> = {
  email: {
    shape: (
      <>
        <rect x="2" y="3.5" width="12" height="9" rx="1.75" />
        <path d="m2.5 5 5.5 4 5.5-4" />
      </>
    ),
    colour: "text-accent-text",
  },
  chat: {
    shape: (
      <>
        <path d="M2.5 4.75A1.75 1.75 0 0 1 4.25 3h7.5a1.75 1.75 0 0 1 1.75 1.75v4.5A1.75 1.75 0 0 1 11.75 11H7l-3 2.5V11a1.5 1.5 0 0 1-1.5-1.5z" />
        <path d="M5.5 6.9h5" />
      </>
    ),
    colour: "text-ai",
  },
  api: {
    shape: <path d="M5.5 4 2 8l3.500 4M10.500 4 14 8l-3.500 4" />,
    colour: "text-text-2",
  },
  sms: {
    shape: (
      <>
        <rect x="4.500" y="1.750" width="7" height="12.500" rx="1.750" />
        <path d="M7 11.750h2" />
      </>
    ),
    colour: "text-warning",
  },
  whatsapp: {
    shape: (
      <>
        <circle cx="8" cy="8" r="6" />
        <path d="M6 5.750c0 2.300 1.900 4.250 4.250 4.250M2.200 13.800l.8-2.500" />
      </>
    ),
    colour: "text-success",
  },
  voice: {
    shape: (
      <path d="M3.500 3h2l1 2.750L5.250 7c.7 1.600 2.100 3 3.750 3.750L10.250 9.500 13 10.500v2c0 .6-.4 1-1 1C7 13.200 2.800 9 2.500 4c0-.6.4-1 1-1z" />
    ),
    colour: "text-voice",
  },
  messenger: {
    shape: (
      <>
        <path d="M8 2c3.400 0 6 2.400 6 5.500S11.400 13 8 13c-.6 0-1.200-.1-1.700-.2L4 14v-2.200C2.800 10.800 2 9.200 2 7.500 2 4.400 4.600 2 8 2z" />
        <path d="m5 8.500 2-2 2 1.500 2-2" />
      </>
    ),
    colour: "text-accent-text",
  },
  facebook_post: {
    shape: (
      <>
        <rect x="2.500" y="2.500" width="11" height="11" rx="1.750" />
        <path d="M5 6h6M5 9h4" />
      </>
    ),
    colour: "text-accent-text",
  },
  linkedin: {
    shape: (
      <>
        <rect x="2.500" y="2.500" width="11" height="11" rx="1.750" />
        <path d="M5.500 7.250v3.500M5.500 5.250v.1M8 10.750v-3.500M8 8.750c0-1 .6-1.500 1.400-1.500s1.300.5 1.300 1.500v2" />
      </>
    ),
    colour: "text-accent-text",
  },
  internal: {
    shape: (
      <>
        <rect x="3.500" y="7" width="9" height="6.500" rx="1.500" />
        <path d="M5.500 7V5a2.500 2.500 0 0 1 5 0v2" />
      </>
    ),
    colour: "text-note-text",
  },
};

export function ChannelIcon({ channel, className }: { channel: string; className?: string }) {
  const entry = channels[channel] ?? channels.api;
  return <Mark className={cx(entry?.colour, className)}>{entry?.shape}</Mark>;
}

/** Several channels in one conversation. */
export function OmnichannelIcon({ className }: { className?: string }) {
  return (
    <Mark className={cx("text-text-2", className)}>
      <path d="M2 6.250A1.750 1.750 0 0 1 3.750 4.500h5A1.750 1.750 0 0 1 10.500 6.250v2.500a1.750 1.750 0 0 1-1.750 1.750H6l-2 1.750V10.500A1.900 1.900 0 0 1 2 8.750z" />
      <path d="M6.500 2.500h5.250A2.250 2.250 0 0 1 14 4.750v3" />
    </Mark>
  );
}

export function StatusIcon({ status, className }: { status: string; className?: string }) {
  switch (status) {
    case "waiting":
      return (
        <Mark className={cx("text-warning", className)}>
          <circle cx="8" cy="8" r="5.500" fill="currentColor" />
          <path d="M8 5v3.200l2 1.300" stroke="var(--bg)" />
        </Mark>
      );
    case "pending":
      return (
        <Mark className={cx("text-warning", className)}>
          <circle cx="8" cy="8" r="5.500" />
          <path d="M6.500 6v4M9.500 6v4" />
        </Mark>
      );
    case "solved":
      return (
        <Mark className={cx("text-success", className)}>
          <circle cx="8" cy="8" r="5.500" />
          <path d="m5.750 8.200 1.600 1.600 3-3.600" />
        </Mark>
      );
    case "closed":
      return (
        <Mark className={cx("text-text-3", className)}>
          <rect x="2.500" y="2.500" width="11" height="11" rx="3" fill="currentColor" />
          <path d="m5.500 8.200 1.700 1.700 3.300-3.800" stroke="var(--bg)" />
        </Mark>
      );
    case "automated":
      return (
        <Mark className={cx("text-ai", className)}>
          <path d="M8 2.500 9.400 6.600 13.500 8 9.400 9.400 8 13.500 6.600 9.400 2.500 8l4.100-1.400z" />
        </Mark>
      );
    default:
      return (
        <Mark className={cx("text-text-2", className)}>
          <circle cx="8" cy="8" r="5.500" />
        </Mark>
      );
  }
}

export function PriorityIcon({ priority, className }: { priority: string; className?: string }) {
  if (priority === "urgent") {
    return (
      <Mark className={cx("text-danger", className)}>
        <rect x="2.500" y="2.500" width="11" height="11" rx="3" fill="currentColor" />
        <path d="M8 5v3.500M8 11v.1" stroke="var(--bg)" strokeWidth="1.750" />
      </Mark>
    );
  }
  const bars = priority === "high" ? 3 : priority === "normal" ? 2 : 1;
  return (
    <Mark
      className={cx(priority === "high" ? "text-warning" : "text-text-3", className)}
      stroke="none"
    >
      {[0, 1, 2].map((bar) => (
        <rect
          key={bar}
          x={2.5 + bar * 4}
          y={10 - bar * 3}
          width="2.800"
          height={3.5 + bar * 3}
          rx="1"
          fill="currentColor"
          opacity={bar < bars ? 1 : 0.28}
        />
      ))}
    </Mark>
  );
}

/** The mark of the product. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={cx("size-8", className)} aria-hidden="true">
      <rect width="32" height="32" rx="9" fill="var(--accent)" />
      <path
        d="M9 11.500A3.500 3.500 0 0 1 12.500 8h4a3.500 3.500 0 0 1 0 7H13v2.500L9 14.500z"
        fill="var(--on-accent)"
      />
      <path
        d="M23 20.500a3.500 3.500 0 0 0-3.500-3.500h-3a3.500 3.500 0 0 0 0 7H19v2.500l4-3z"
        fill="var(--on-accent)"
        opacity=".62"
      />
    </svg>
  );
}
