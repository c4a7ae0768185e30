/** Toasts: what happened, and the way back. Undoable acts also answer to a key. */
import { ApiError } from "@rapport/api";
import { t } from "@/i18n";
import { whenReachable } from "./lazy";
import { createStore } from "./store";

export interface Undo {
  label: string;
  run: () => void | Promise<void>;
}
export const undoStack = createStore<readonly Undo[]>([]);
const undoKept = 10;
export const undoShown = 6_000;

export interface SayOptions {
  undo?: () => void | Promise<void>;
  duration?: number;
  /** Replaces an earlier toast of the same id instead of standing beside it. */
  id?: string;
}

type Show = (message: string, options: ToastOptions) => void;
export interface ToastOptions {
  id: string;
  kind: "plain" | "error";
  duration: number;
  description?: string;
  action?: { label: string; onClick: () => void };
}
// The code of toasts is fetched after the first screen, or when there is first something to say.
export const toasts = () => whenReachable(() => import("./toasts"));
const show: Show = (message, options) =>
  void toasts().then(({ showToast }) => showToast(message, options));
const dismiss = (id: string) => void toasts().then(({ dismissToast }) => dismissToast(id));

export function say(
  message: string,
  { undo, duration, id = crypto.randomUUID() }: SayOptions = {},
) {
  if (!undo) {
    show(message, { id, kind: "plain", duration: duration ?? 4_000 });
    return;
  }
  const entry: Undo = {
    label: message,
    run: () => {
      if (!undoStack.get().includes(entry)) return;
      undoStack.set((stack) => stack.filter((other) => other !== entry));
      dismiss(id);
      void undo();
    },
  };
  undoStack.set((stack) => [...stack.slice(1 - undoKept), entry]);
  show(message, {
    id,
    kind: "plain",
    duration: duration ?? undoShown,
    action: { label: t("common.undo"), onClick: () => void entry.run() },
  });
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
  show(explain(error), {
    id: crypto.randomUUID(),
    kind: "error",
    duration: 8_000,
    ...(requestId ? { description: t("error.request_id", { id: requestId }) } : {}),
    ...(retry ? { action: { label: t("common.retry"), onClick: retry } } : {}),
  });
}
