/** The first run: names the workspace and makes its first administrator. */
import { ApiError, api } from "@rapport/api";
import { Button, Field, Input, Notice } from "@rapport/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { explain } from "@/app/notify";
import { keys } from "@/data/keys";
import { AuthPage, isLongEnough, shortestPassword, useFirstError } from "@/features/auth";

const empty = { workspace_name: "", name: "", email: "", password: "", setup_code: "" };
/** The link that the server prints brings the code along. */
const withCode = () => ({
  ...empty,
  setup_code: new URLSearchParams(window.location.search).get("code") ?? "",
});
const fields = ["workspace_name", "name", "email", "password"] as const;
const autoComplete = {
  workspace_name: "organization",
  name: "name",
  email: "username",
  password: "new-password",
};

export default function SetupScreen() {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const navigate = useNavigate();
  const [values, setValues] = useState(withCode);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [codeNeeded, setCodeNeeded] = useState(false);
  const [busy, setBusy] = useState(false);
  useFirstError(errors);
  // Whoever has just set the server up is on the way to its settings, not to the log-in.
  const done = useRef(false);
  const { data: setup } = useQuery({ queryKey: ["setup"], queryFn: api.setupState });
  useEffect(() => {
    document.title = t("setup.title");
    if (setup && !setup.required && !done.current) void navigate({ to: "/login", replace: true });
    if (setup?.setup_code_required) setCodeNeeded(true);
  }, [setup, navigate, t]);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setProblem(null);
    if (!isLongEnough(values.password)) {
      setErrors({ password: t("auth.password_short", { count: shortestPassword }) });
      return;
    }
    setErrors({});
    setBusy(true);
    try {
      const { setup_code, ...body } = values;
      const me = await api.setUp(codeNeeded && setup_code ? { ...body, setup_code } : body);
      done.current = true;
      cache.clear();
      cache.setQueryData(keys.me, me);
      void navigate({
        to: "/settings/{-$section}/{-$item}",
        params: { section: "channels" },
        replace: true,
      });
    } catch (error) {
      if (error instanceof ApiError && error.code.includes("setup_code")) setCodeNeeded(true);
      if (error instanceof ApiError && error.fieldErrors.length > 0) {
        setErrors(Object.fromEntries(error.fieldErrors.map((e) => [e.field, e.message])));
        if (error.fieldErrors.some((e) => e.field === "setup_code")) setCodeNeeded(true);
      } else setProblem(explain(error));
    } finally {
      setBusy(false);
    }
  };

  const shown = codeNeeded ? ([...fields, "setup_code"] as const) : fields;
  return (
    <AuthPage title={t("setup.title")} lead={t("setup.lead")}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        {problem ? (
          <Notice tone="danger" role="alert">
            {problem}
          </Notice>
        ) : null}
        {shown.map((name) => (
          <Field
            key={name}
            label={t(`setup.${name}`)}
            help={
              name === "password"
                ? t("auth.password_help", { count: shortestPassword })
                : name === "setup_code"
                  ? t("setup.code_help")
                  : undefined
            }
            error={errors[name]}
          >
            {(field) => (
              <Input
                {...field}
                required
                type={name === "email" ? "email" : name === "password" ? "password" : "text"}
                autoComplete={name === "setup_code" ? "off" : autoComplete[name]}
                value={values[name]}
                onChange={(event) => setValues({ ...values, [name]: event.target.value })}
              />
            )}
          </Field>
        ))}
        <Button type="submit" kind="primary" size="large" busy={busy} className="mt-1 w-full">
          {t("setup.action")}
        </Button>
      </form>
    </AuthPage>
  );
}
