/** What needs saying above the composer: somebody was faster, it is closed, it needs action. */
import type { ConversationDetail } from "@rapport/api";
import { Button, Notice } from "@rapport/ui";
import { Lock, TriangleAlert, UserRoundCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import { assign, clearRequiresAction, takenNotice } from "@/actions/commands";
import { useAction, useActionContext } from "@/actions/use-actions";
import { focusComposer } from "@/app/focus";
import { usePermission } from "@/app/session";
import { useStore } from "@/app/store";
import { dateOnly } from "@/i18n/format";

export function TakenBanner({ detail }: { detail: ConversationDetail }) {
  const { t } = useTranslation();
  const taken = useStore(takenNotice);
  const context = useActionContext();
  const mayReassign = usePermission("conversation.reassign");
  const mayNote = usePermission("conversation.note");
  if (taken?.conversationId !== detail.id) return null;
  return (
    <Notice
      role="alert"
      tone="warning"
      icon={<UserRoundCheck className="size-4" />}
      className="mx-4 mb-2 sm:mx-6"
      actions={
        <>
          {mayReassign ? (
            <Button size="small" onClick={() => void assign(context, detail, context.me.user)}>
              {t("taken.reassign")}
            </Button>
          ) : null}
          {mayNote ? (
            <Button
              size="small"
              onClick={() => {
                takenNotice.set(null);
                focusComposer("note");
              }}
            >
              {t("taken.ask", { name: taken.by.name })}
            </Button>
          ) : null}
          <Button size="small" kind="ghost" onClick={() => takenNotice.set(null)}>
            {t("common.dismiss")}
          </Button>
        </>
      }
    >
      <strong className="font-semibold">{t("taken.title", { name: taken.by.name })}</strong>{" "}
      {t("taken.draft_safe")}
    </Notice>
  );
}

export function RequiresActionBanner({ detail }: { detail: ConversationDetail }) {
  const { t } = useTranslation();
  const context = useActionContext();
  const mayEdit = usePermission("conversation.edit");
  if (!detail.requires_action) return null;
  return (
    <Notice
      tone="warning"
      icon={<TriangleAlert className="size-4" />}
      className="mx-4 mb-2 sm:mx-6"
      actions={
        mayEdit ? (
          <Button size="small" onClick={() => void clearRequiresAction(context, detail)}>
            {t("conversation.mark_handled")}
          </Button>
        ) : null
      }
    >
      <strong className="font-semibold">{t("row.requires_action")}.</strong>{" "}
      {detail.requires_action}
    </Notice>
  );
}

/** Takes the place of the composer. Unsent text stays in its draft and moves to a follow-up. */
export function ClosedBar({ detail }: { detail: ConversationDetail }) {
  const { t } = useTranslation();
  const followUp = useAction("conversation.follow_up");
  const date = detail.closed_at ? dateOnly(detail.closed_at) : "";
  return (
    <div className="flex flex-wrap items-center gap-3 border-t border-line bg-surface px-5 py-4">
      <Lock className="size-4 text-text-3" />
      <p className="min-w-0 flex-1 text-body text-text-2">
        {detail.closed_by
          ? t("closed.by", { name: detail.closed_by.name, date })
          : t("closed.on", { date })}
      </p>
      {followUp.shown ? (
        <Button kind="primary" onClick={followUp.run}>
          {t("action.follow_up")}
        </Button>
      ) : null}
    </div>
  );
}
