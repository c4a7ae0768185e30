/** Beside a message that has not left: why, when it is tried again, and what can be done meanwhile. */
import { api, type Message } from "@rapport/api";
import { Button, Notice } from "@rapport/ui";
import { useQueryClient } from "@tanstack/react-query";
import { Clock, RotateCw, Undo2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useAction } from "@/actions/use-actions";
import { useSeconds } from "@/app/clock";
import { focusComposer, focusTimeline } from "@/app/focus";
import { say } from "@/app/notify";
import { patchMessage, writeMessage } from "@/data/cache";
import { giveBack } from "@/data/sending";
import { mediumTime, timeOfDay } from "@/i18n/format";
import { providerWords } from "./failure-words";
import { useDeliveryAct } from "./use-delivery-act";
import { causeOf, waitingOf } from "./waiting";

export function WaitingNotice({ message }: { message: Message }) {
  return message.delivery?.status === "queued" ? <Waits message={message} /> : null;
}

function Waits({ message }: { message: Message }) {
  const { t } = useTranslation();
  const now = useSeconds();
  const cache = useQueryClient();
  const reply = useAction("conversation.reply");
  const { busy, run } = useDeliveryAct(message);
  const closed = reply.reason !== null;
  const waiting = waitingOf(message, now, { mayReply: reply.shown, closed });
  const { delivery } = message;
  if (!waiting || !delivery) return null;

  const takeBack = () =>
    run("take_back", async () => {
      await api.cancelMessage(message.conversation_id, message.id);
      patchMessage(cache, message.conversation_id, message.id, () => null);
      giveBack(message);
      say(t("toast.send_undone"));
      // What had the focus has gone.
      if (closed) focusTimeline();
      else focusComposer("reply");
    });
  const tryNow = () =>
    run("try_now", async () =>
      writeMessage(cache, await api.retryMessage(message.conversation_id, message.id)),
    );
  const actions = (
    <>
      {waiting.tryNow ? (
        <Button size="small" busy={busy === "try_now"} onClick={() => void tryNow()}>
          <RotateCw className="size-3.5" />
          {t("waiting.try_now")}
        </Button>
      ) : null}
      {waiting.takeBack ? (
        <Button size="small" busy={busy === "take_back"} onClick={() => void takeBack()}>
          <Undo2 className="size-3.5" />
          {t("waiting.take_back")}
        </Button>
      ) : null}
    </>
  );
  if (waiting.state === "again") {
    const words = providerWords(delivery);
    return (
      <Notice
        tone="warning"
        role="status"
        icon={<Clock className="size-4" />}
        className="mt-2 w-full"
        actions={actions}
      >
        {t(causeOf(delivery, message.channel))}{" "}
        {t("waiting.next", { time: whenNext(delivery.next_attempt_at ?? "", now) })}
        {words ? <span className="mt-0.5 block text-micro break-words">{words}</span> : null}
      </Notice>
    );
  }
  const seconds = Math.ceil((Date.parse(message.held_until ?? "") - now) / 1000);
  return (
    <div className="mt-2 flex flex-wrap items-center gap-2 text-micro text-text-3 tabular-nums">
      {waiting.state === "held"
        ? t("message.sending_in", { count: seconds })
        : t(waiting.state === "trying" ? "waiting.trying" : "waiting.queued")}
      {actions}
    </div>
  );
}

/** The time alone says enough today, and not of tomorrow. */
function whenNext(iso: string, now: number): string {
  const isToday = new Date(iso).toDateString() === new Date(now).toDateString();
  return isToday ? timeOfDay(iso) : mediumTime(iso);
}
