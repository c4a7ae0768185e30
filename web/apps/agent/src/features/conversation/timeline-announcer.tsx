/** Says new messages aloud, gathered for a second. Loading older pages says nothing. */
import type { TimelineItem } from "@rapport/api";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { isReport } from "./message-parts";

interface AnnouncerProps {
  items: readonly TimelineItem[];
  loaded: boolean;
  myId: string;
}

export function Announcer({ items, loaded, myId }: AnnouncerProps) {
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
    const fresh = messages
      .slice(from + 1)
      .filter((message) => message.author.id !== myId && !isReport(message));
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
