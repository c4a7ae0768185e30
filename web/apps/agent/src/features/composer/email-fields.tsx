/** To, Cc, Bcc and subject of a mail. Folded into one line until somebody wants to change them. */
import type { ConversationDetail, Recipient } from "@rapport/api";
import { cx } from "@rapport/ui";
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
        className="mx-2 mt-1 flex max-w-[calc(100%-1rem)] min-w-0 items-center gap-2 rounded-control px-2 py-1 text-start text-small text-text-3 hover:bg-hover hover:text-text"
      >
        <Named label={t("field.to")} recipients={to} withAddress />
        <Named label={t("field.cc")} recipients={cc} />
        <Named label={t("field.bcc")} recipients={bcc} />
        {to.length === 0 ? (
          <span className="truncate text-danger">{t("composer.no_recipient")}</span>
        ) : null}
        {subject ? (
          <bdi className="min-w-10 shrink-[4] truncate max-sm:hidden">{subject}</bdi>
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

/** The first by name and, if there is only one, by address; how many more there are is never cut off. */
function Named({
  label,
  recipients,
  withAddress = false,
}: {
  label: string;
  recipients: readonly Recipient[];
  withAddress?: boolean;
}) {
  const [first, ...others] = recipients;
  if (!first) return null;
  const { name, address } = first;
  const shows = withAddress && name && name !== address;
  return (
    <span
      title={recipients.map(spelled).join(", ")}
      className={cx("flex min-w-0 gap-1", withAddress ? "shrink" : "min-w-16 shrink-[2]")}
    >
      <span>{label}</span>
      <bdi
        className={cx(
          "truncate font-medium text-text-2",
          shows && others.length === 0 && "max-w-3/5 shrink-0",
        )}
      >
        {name || address}
      </bdi>
      {shows ? <bdi className="min-w-0 truncate">{address}</bdi> : null}
      {others.length > 0 ? (
        <span className="font-medium text-text-2">
          +{others.length}
          <span className="sr-only"> {others.map(spelled).join(", ")}</span>
        </span>
      ) : null}
    </span>
  );
}
