/** Cc and Bcc of a new mail, each shown once it is wanted. */
import type { Recipient } from "@rapport/api";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { RecipientsField } from "@/editor/recipients-field";

interface CopyFieldsProps {
  cc: Recipient[];
  bcc: Recipient[];
  onChange: (change: { cc?: Recipient[]; bcc?: Recipient[] }) => void;
}

export function CopyFields(props: CopyFieldsProps) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState<"cc" | "bcc" | null>(null);
  const [shown, setShown] = useState({ cc: props.cc.length > 0, bcc: props.bcc.length > 0 });
  const kinds = ["cc", "bcc"] as const;
  return (
    <div className="-mt-2">
      {kinds.map((kind) =>
        shown[kind] ? (
          <div key={kind} className="border-b border-line py-0.5">
            <RecipientsField
              label={t(`field.${kind}`)}
              recipients={props[kind]}
              autoFocus={wanted === kind}
              onChange={(recipients) => props.onChange({ [kind]: recipients })}
            />
          </div>
        ) : null,
      )}
      <div className="flex gap-1 text-small text-text-2">
        {kinds.map((kind) =>
          shown[kind] ? null : (
            <button
              key={kind}
              type="button"
              className="h-6 rounded-chip px-1.5 hover:bg-hover hover:text-text pointer-coarse:h-11 pointer-coarse:px-3"
              onClick={() => {
                setShown({ ...shown, [kind]: true });
                setWanted(kind);
              }}
            >
              {t(`compose.add_${kind}`)}
            </button>
          ),
        )}
      </div>
    </div>
  );
}
