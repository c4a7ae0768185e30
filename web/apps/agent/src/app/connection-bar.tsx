/** Says when the screen may be behind, and when it has caught up again. */
import { cx } from "@rapport/ui";
import { WifiOff } from "lucide-react";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { useConnectionState } from "@/realtime/provider";

const patience = 3_000;
const farewell = 2_500;

function useOnline(): boolean {
  return useSyncExternalStore(
    (listener) => {
      window.addEventListener("online", listener);
      window.addEventListener("offline", listener);
      return () => {
        window.removeEventListener("online", listener);
        window.removeEventListener("offline", listener);
      };
    },
    () => navigator.onLine,
  );
}

export function ConnectionBar() {
  const { t } = useTranslation();
  const online = useOnline();
  const state = useConnectionState();
  const [bar, setBar] = useState<"offline" | "reconnecting" | "back" | null>(null);
  const shown = useRef(false);
  useEffect(() => {
    if (!online) {
      shown.current = true;
      setBar("offline");
      return;
    }
    if (state === "reconnecting") {
      const timer = window.setTimeout(() => {
        shown.current = true;
        setBar("reconnecting");
      }, patience);
      return () => window.clearTimeout(timer);
    }
    if (state === "live" && shown.current) {
      shown.current = false;
      setBar("back");
      const timer = window.setTimeout(() => setBar(null), farewell);
      return () => window.clearTimeout(timer);
    }
    if (state === "live") setBar((current) => (current === "back" ? current : null));
  }, [online, state]);
  return (
    <div role="status" aria-live="polite">
      {bar ? (
        <p
          className={cx(
            "flex items-center justify-center gap-2 px-4 py-1.5 text-small font-medium",
            bar === "back" ? "bg-success-soft text-success" : "bg-warning-soft text-warning",
          )}
        >
          {bar === "back" ? null : <WifiOff className="size-4" />}
          {t(`connection.bar_${bar}`)}
        </p>
      ) : null}
    </div>
  );
}
