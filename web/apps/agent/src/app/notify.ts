/** Toasts: what happened, and the way back. Undoable acts also answer to a key. */
import { ApiError } from "@rapport/api";
import { toast } from "sonner";
import { t } from "@/i18n";
import { createStore } from "./store";

export interface Undo {
  label: string;
  run: () => void | Promise<void>;
}
export const undoStack = createStore<readonly Undo[]>([]);
const undoKept = 10;
export const undoShown = 6_000;

export function say(
  message: string,
  options: { undo?: () => void | Promise<void>; duration?: number; id?: string } = {},
) {
  const { undo } = options;
  if (!undo) return toast(message, { duration: options.duration ?? 4_000, id: options.id });
  const entry: Undo = { label: message, run: undo };
  undoStack.set((stack) => [...stack.slice(1 - undoKept), entry]);
  const runOnce = () => {
    if (!undoStack.get().includes(entry)) return;
    undoStack.set((stack) => stack.filter((other) => other !== entry));
    toast.dismiss(id);
    void undo();
  };
  entry.run = runOnce;
  const id = toast(message, {
    duration: options.duration ?? undoShown,
    action: { label: t("common.undo"), onClick: runOnce },
  });
  return id;
}

export function undoLast(): boolean {
  const last = undoStack.get().at(-1);
  if (!last) return false;
  void last.run();
  return true;
}

export function explain(error: unknown): string {
  if (error instanceof ApiError) {
    if (error.isNetwork) return t("error.network");
    if (error.code === "rate_limited") {
      return t("error.rate_limited", { count: error.retryAfterSeconds ?? 30 });
    }
    if (error.code === "forbidden" && error.problem.permission) {
      return t("error.forbidden", { permission: t(`permission.${error.problem.permission}`) });
    }
    const [field] = error.fieldErrors;
    if (field) return field.message;
    return error.message;
  }
  return t("error.unexpected");
}

export function complain(error: unknown, retry?: () => void) {
  const requestId = error instanceof ApiError ? error.requestId : null;
  toast.error(explain(error), {
    description: requestId ? t("error.request_id", { id: requestId }) : undefined,
    duration: 8_000,
    action: retry ? { label: t("common.retry"), onClick: retry } : undefined,
  });
}
