/** To, Cc, Bcc and subject of a mail. Folded into one line until somebody wants to change them. */
import type { ConversationDetail, Recipient } from "@rapport/api";
import { Pencil } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { RecipientsField } from "@/editor/recipients-field";
import { addressing, spelled } from "./addressing";
import type { DraftContent } from "./draft-store";

type Defaults = NonNullable<ConversationDetail["email_reply"]>;

export interface EmailFieldsProps {
  draft: DraftContent;
  defaults: Defaults;
  onChange: (fields: Partial<DraftContent>) => void;
}

export function EmailFields({ draft, defaults, onChange }: EmailFieldsProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const { to, cc, bcc, subject } = addressing(draft, defaults);
  const [showCc, setShowCc] = useState(cc.length > 0);
  const [showBcc, setShowBcc] = useState(bcc.length > 0);

  if (!open) {
    return (
      <button
        type="button"
        onClick={() => setOpen(true)}
        aria-expanded="false"
        data-folds
        className="mx-2 mt-1 flex max-w-[calc(100%-1rem)] min-w-0 items-center gap-1.5 rounded-control px-2 py-1 text-start text-small text-text-3 hover:bg-hover hover:text-text"
      >
        <span className="min-w-0 truncate">
          <Named label={t("field.to")} recipients={to} />
          <Named label={t("field.cc")} recipients={cc} />
          <Named label={t("field.bcc")} recipients={bcc} />
          {to.length === 0 ? (
            <span className="text-danger">{t("composer.no_recipient")}</span>
          ) : null}
        </span>
        {subject ? (
          <span className="min-w-12 shrink-[3] truncate max-sm:hidden">· {subject}</span>
        ) : null}
        <Pencil className="size-3 shrink-0" />
        <span className="sr-only">{t("composer.change_recipients")}</span>
      </button>
    );
  }
  return (
    <div className="mx-4 mt-1 space-y-0.5 border-b border-line pb-2">
      <div className="flex items-start">
        <div className="min-w-0 flex-1">
          <RecipientsField
            label={t("field.to")}
            recipients={to}
            onChange={(recipients) => onChange({ to: recipients, cc })}
          />
        </div>
        <div className="flex gap-1 pt-1 text-small text-text-3">
          {showCc ? null : (
            <button
              type="button"
              className="min-h-6 px-1 hover:text-text"
              onClick={() => setShowCc(true)}
            >
              {t("field.cc")}
            </button>
          )}
          {showBcc ? null : (
            <button
              type="button"
              className="min-h-6 px-1 hover:text-text"
              onClick={() => setShowBcc(true)}
            >
              {t("field.bcc")}
            </button>
          )}
          <button
            type="button"
            className="min-h-6 px-1 hover:text-text"
            onClick={() => setOpen(false)}
          >
            {t("common.done")}
          </button>
        </div>
      </div>
      {showCc ? (
        <RecipientsField
          label={t("field.cc")}
          recipients={cc}
          autoFocus={cc.length === 0}
          onChange={(recipients) => onChange({ to, cc: recipients })}
        />
      ) : null}
      {showBcc ? (
        <RecipientsField
          label={t("field.bcc")}
          recipients={bcc}
          autoFocus={bcc.length === 0}
          onChange={(recipients) => onChange({ bcc: recipients })}
        />
      ) : null}
      <label className="flex items-center gap-2 text-small">
        <span className="w-13 shrink-0 text-text-3">{t("field.subject")}</span>
        <input
          value={subject}
          maxLength={500}
          onChange={(event) => onChange({ subject: event.target.value })}
          className="h-7 min-w-0 flex-1 bg-transparent outline-none max-sm:text-[16px]"
        />
      </label>
    </div>
  );
}

/** More than these are counted, so that each line of the mail has room. */
const namedAtMost = 3;

function Named({ label, recipients }: { label: string; recipients: readonly Recipient[] }) {
  if (recipients.length === 0) return null;
  const more = recipients.length - namedAtMost;
  return (
    <span className="me-2">
      {label}{" "}
      <span className="font-medium text-text-2">
        {recipients.slice(0, namedAtMost).map((recipient, index) => (
          <span key={recipient.address}>
            {index > 0 ? ", " : ""}
            <bdi>{spelled(recipient)}</bdi>
          </span>
        ))}
        {more > 0 ? ` +${more}` : ""}
      </span>
    </span>
  );
}
