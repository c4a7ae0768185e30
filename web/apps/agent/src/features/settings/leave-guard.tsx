/** Asks once before changes that are not saved are left behind. */
import { Button, Dialog } from "@rapport/ui";
import { useBlocker } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

/** `unsaved` is asked at the moment of leaving, so what has just been saved holds nobody up. */
export function LeaveGuard({ unsaved }: { unsaved: () => boolean }) {
  const { t } = useTranslation();
  const from = useRef<Element | null>(null);
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => {
      const blocks = unsaved() && current.pathname !== next.pathname;
      if (blocks) from.current = document.activeElement;
      return blocks;
    },
    enableBeforeUnload: unsaved,
    withResolver: true,
  });
  const asks = blocker.status === "blocked";
  useEffect(() => {
    if (!asks) return;
    return () => {
      // Whoever stays goes on where they were.
      const back = from.current;
      window.setTimeout(() => {
        if (back instanceof HTMLElement && document.activeElement === document.body) back.focus();
      });
    };
  }, [asks]);
  if (!asks) return null;
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) blocker.reset();
      }}
      title={t("settings.leave")}
      description={t("settings.leave_hint")}
      footer={
        <>
          <Button onClick={blocker.reset}>{t("settings.stay")}</Button>
          <Button kind="danger" onClick={blocker.proceed}>
            {t("settings.leave_action")}
          </Button>
        </>
      }
    >
      {null}
    </Dialog>
  );
}
