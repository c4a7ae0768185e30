/** The toasts themselves. They draw into a root of their own, so the app need not wait for them. */
import type { CSSProperties } from "react";
import { createRoot } from "react-dom/client";
import { Toaster as Sonner, toast } from "sonner";
import { t } from "@/i18n";
import type { ToastOptions } from "./notify";
import { theme } from "./preferences";
import { useStore } from "./store";

let mounted = false;

function mount() {
  if (mounted) return;
  mounted = true;
  const element = document.createElement("div");
  document.body.append(element);
  createRoot(element).render(<Toaster />);
}

export function showToast(message: string, { kind, ...options }: ToastOptions) {
  mount();
  if (kind === "error") toast.error(message, options);
  else toast(message, options);
}

export const dismissToast = (id: string) => void toast.dismiss(id);

function Toaster() {
  const chosen = useStore(theme);
  return (
    <Sonner
      theme={chosen}
      position="bottom-left"
      offset={{ left: 72, bottom: 16 }}
      style={{ fontFamily: "var(--font-sans)", "--width": "320px" } as CSSProperties}
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
