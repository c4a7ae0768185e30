/** What the forms of all kinds of accounts have in common: what they are given, and what becomes of saving. */
import { ApiError, type ChannelAccount } from "@rapport/api";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { explain } from "@/app/notify";

/** What every account form hands back. Secrets left empty stay as they are. */
export interface AccountInput {
  name: string;
  config: ChannelAccount["config"];
  secrets: Record<string, string>;
}
export interface AccountFormProps {
  account: ChannelAccount | null;
  readOnly: boolean;
  /** Answers from the server by field, such as `config.address`. */
  errors: Record<string, string>;
  busy: boolean;
  onSave: (input: AccountInput) => void;
  /** Whether something was changed that is not saved. */
  onDirty: (dirty: boolean) => void;
}

/** Sends the form and sorts the refusal into field errors and the rest. */
export function useSaving() {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  // The refusal names fields; the first of them is where to go on, also for whoever only hears it.
  useEffect(() => {
    const refused = Object.entries(errors);
    if (refused.length === 0) return;
    const first = document.querySelector<HTMLElement>('#main [aria-invalid="true"]');
    first?.focus();
    // What no field shows is told in full.
    if (!first) setProblem(refused.map(([field, message]) => `${field}: ${message}`).join(" "));
  }, [errors]);
  const run = async (act: () => Promise<void>) => {
    setBusy(true);
    setErrors({});
    setProblem(null);
    try {
      await act();
    } catch (error) {
      if (error instanceof ApiError && error.fieldErrors.length > 0) {
        setErrors(Object.fromEntries(error.fieldErrors.map((e) => [e.field, e.message])));
        setProblem(t("settings.check_fields", { count: error.fieldErrors.length }));
      } else if (error instanceof ApiError && error.code === "address_in_use") {
        setErrors({ "config.address": error.message });
        setProblem(error.message);
      } else setProblem(explain(error));
    } finally {
      setBusy(false);
    }
  };
  return { busy, errors, problem, run };
}

/** Whether the form differs from what is saved; the answer is also there outside of a rendering. */
export function useDirty() {
  const [dirty, setDirty] = useState(false);
  const now = useRef(false);
  const mark = useCallback((value: boolean) => {
    now.current = value;
    setDirty(value);
  }, []);
  const isDirty = useCallback(() => now.current, []);
  return { dirty, isDirty, mark };
}
