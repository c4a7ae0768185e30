/** A reply that can no longer be sent from here, kept in sight until it is copied or carried on. */
import { Button, Notice } from "@rapport/ui";
import { Copy } from "lucide-react";
import { useTranslation } from "react-i18next";
import { copy } from "@/actions/commands";
import { useMe } from "@/app/session";
import { useDraft, useReturned } from "./use-drafts";

export function UnsentDraft({
  conversationId,
  mayExist,
}: {
  conversationId: string;
  mayExist: boolean;
}) {
  const { t } = useTranslation();
  const me = useMe();
  const { drafts, draft } = useDraft(me.user.id, conversationId, "reply", mayExist);
  useReturned(drafts, conversationId, mayExist);
  const text = draft.text.trim();
  if (!text) return null;
  return (
    <Notice
      className="mx-4 mb-2 sm:mx-6"
      actions={
        <Button
          size="small"
          aria-label={t("composer.unsent_copy")}
          onClick={() => void copy(text, t("toast.text_copied"))}
        >
          <Copy className="size-3.5" />
          {t("common.copy")}
        </Button>
      }
    >
      <strong className="font-semibold">{t("composer.unsent")}</strong>{" "}
      <span className="line-clamp-3 whitespace-pre-wrap">{text}</span>
    </Notice>
  );
}
