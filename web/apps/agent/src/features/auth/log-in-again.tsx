/** Covers a screen whose sign-in has ended. What was written beneath stays there. */
import { Dialog } from "@rapport/ui";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { markSignedIn, useMe } from "@/app/session";
import { keys } from "@/data/keys";
import { LogInForm } from "./log-in-form";

export default function LogInAgain() {
  const { t } = useTranslation();
  const me = useMe();
  const cache = useQueryClient();
  return (
    <Dialog
      open
      onOpenChange={() => undefined}
      keepOpenOutside
      title={t("auth.ended")}
      description={t("auth.ended_hint")}
    >
      <LogInForm
        fixedEmail={me.user.email ?? undefined}
        onDone={(next) => {
          if (next.user.id !== me.user.id) {
            window.location.assign("/");
            return;
          }
          cache.setQueryData(keys.me, next);
          markSignedIn(true);
          void cache.invalidateQueries();
        }}
      />
    </Dialog>
  );
}
