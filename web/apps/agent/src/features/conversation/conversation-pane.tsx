/** One open conversation: header, thread, and what the caller puts below it. */
import type { ConversationDetail, Viewer } from "@rapport/api";
import { ApiError } from "@rapport/api";
import { Button, EmptyState, Skeleton } from "@rapport/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { SearchX, TriangleAlert } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { markRead } from "@/actions/commands";
import { useSeconds } from "@/app/clock";
import { explain } from "@/app/notify";
import { useMe } from "@/app/session";
import { keys } from "@/data/keys";
import type { TimelineShow } from "@/data/list-query";
import { conversationOptions } from "@/data/queries";
import type { TypingUntil, ViewersByConversation } from "@/realtime/apply-event";
import { presence } from "@/realtime/presence";
import { ClosedBar, RequiresActionBanner, TakenBanner } from "./banners";
import { ConversationHeader } from "./header";
import { Timeline } from "./timeline";

export interface ConversationPaneProps {
  id: string;
  /** What of the thread is shown. */
  show: TimelineShow;
  /** The message that a link leads to. */
  anchor: string | null;
  onBack: () => void;
  composer: (detail: ConversationDetail, viewers: readonly Viewer[]) => ReactNode;
  /** Shown instead of the composer once the conversation is closed. */
  unsent: (detail: ConversationDetail) => ReactNode;
}

export function ConversationPane({
  id,
  show,
  anchor,
  onBack,
  composer,
  unsent,
}: ConversationPaneProps) {
  const { t } = useTranslation();
  const detail = useQuery(conversationOptions(id));
  usePresence(id);
  useReadMark(detail.data);
  const viewers = useViewers(id, detail.data);

  if (detail.isPending) return <PaneSkeleton />;
  if (!detail.data) {
    const missing = detail.error instanceof ApiError && detail.error.status === 404;
    return (
      <EmptyState
        icon={missing ? <SearchX /> : <TriangleAlert />}
        title={t(missing ? "conversation.missing" : "conversation.error")}
        action={
          missing ? (
            <Button onClick={onBack}>{t("conversation.back")}</Button>
          ) : (
            <Button onClick={() => void detail.refetch()}>{t("common.retry")}</Button>
          )
        }
      >
        {missing ? t("conversation.missing_hint") : explain(detail.error)}
      </EmptyState>
    );
  }
  const conversation = detail.data;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <ConversationHeader detail={conversation} viewers={viewers} onBack={onBack} />
      <Timeline key={id} detail={conversation} show={show} anchor={anchor} />
      <ContactTyping detail={conversation} />
      <TakenBanner detail={conversation} />
      <RequiresActionBanner detail={conversation} />
      {conversation.status === "closed" ? (
        <>
          {unsent(conversation)}
          <ClosedBar detail={conversation} />
        </>
      ) : (
        composer(conversation, viewers)
      )}
    </div>
  );
}

function usePresence(id: string) {
  useEffect(() => {
    presence.look(id);
    return () => presence.leave();
  }, [id]);
}

/** A conversation looked at for a second counts as read, and so does what arrives while it is. */
function useReadMark(detail: ConversationDetail | undefined) {
  const cache = useQueryClient();
  const me = useMe();
  const id = detail?.id;
  const unread = detail?.unread_count ?? 0;
  useEffect(() => {
    if (!id || unread === 0) return;
    let timer: number | null = null;
    const watch = () => {
      if (timer !== null) window.clearTimeout(timer);
      timer = null;
      if (document.visibilityState !== "visible" || !document.hasFocus()) return;
      timer = window.setTimeout(() => void markRead({ cache, me }, id), 1_000);
    };
    watch();
    document.addEventListener("visibilitychange", watch);
    window.addEventListener("focus", watch);
    window.addEventListener("blur", watch);
    return () => {
      if (timer !== null) window.clearTimeout(timer);
      document.removeEventListener("visibilitychange", watch);
      window.removeEventListener("focus", watch);
      window.removeEventListener("blur", watch);
    };
  }, [cache, me, id, unread]);
}

function useViewers(id: string, detail: ConversationDetail | undefined): readonly Viewer[] {
  const me = useMe();
  const now = useSeconds();
  const { data } = useQuery<ViewersByConversation>({ queryKey: keys.viewers, enabled: false });
  const known = data?.[id] ?? detail?.viewers ?? [];
  return known.filter(
    (viewer) => viewer.user.id !== me.user.id && Date.parse(viewer.expires_at) > now,
  );
}

function ContactTyping({ detail }: { detail: ConversationDetail }) {
  const { t } = useTranslation();
  const now = useSeconds();
  const { data } = useQuery<TypingUntil>({ queryKey: keys.contactTyping, enabled: false });
  const until = data?.[detail.id];
  if (!until || Date.parse(until) <= now) return null;
  return (
    <p className="px-6 pb-2 text-small text-text-3">
      <span className="me-2 inline-flex gap-0.5 align-middle" aria-hidden="true">
        {[0, 150, 300].map((delay) => (
          <span
            key={delay}
            className="size-1.5 animate-pulse-soft rounded-full bg-text-3"
            style={{ animationDelay: `${delay}ms` }}
          />
        ))}
      </span>
      {t("presence.contact_typing", { name: detail.contact?.display_name ?? t("contact.nobody") })}
    </p>
  );
}

function PaneSkeleton() {
  const { t } = useTranslation();
  return (
    <div className="flex flex-1 flex-col" role="status" aria-label={t("common.loading")}>
      <div className="flex h-14 items-center gap-3 border-b border-line px-5">
        <Skeleton className="h-4 w-40" />
        <Skeleton className="ms-auto h-7 w-52" />
      </div>
      <div className="mx-auto w-full max-w-3xl flex-1 space-y-5 px-6 pt-10">
        <Skeleton className="h-24 w-2/3 rounded-bubble" />
        <Skeleton className="ms-auto h-16 w-1/2 rounded-bubble" />
        <Skeleton className="h-20 w-3/5 rounded-bubble" />
      </div>
    </div>
  );
}
