import { Toaster as Sonner } from "sonner";
import { t } from "@/i18n";
import { theme } from "./preferences";
import { useStore } from "./store";

export function Toaster() {
  const chosen = useStore(theme);
  return (
    <Sonner
      theme={chosen}
      position="bottom-left"
      gap={8}
      containerAriaLabel={t("nav.notifications")}
      hotkey={["altKey", "KeyT"]}
      toastOptions={{
        unstyled: true,
        classNames: {
          toast:
            "flex w-full items-center gap-3 rounded-card bg-text px-4 py-2.5 text-small font-medium text-bg shadow-dialog",
          content: "min-w-0 flex-1",
          description: "text-micro opacity-75 font-normal",
          error: "!bg-danger !text-bg",
          actionButton:
            "shrink-0 rounded-chip px-2 py-1 font-semibold underline-offset-2 hover:underline text-current",
        },
      }}
    />
  );
}
