/** E-mail and password, and which workspace when the same person is in several. */
import "@/i18n/auth";
import { ApiError, api, type Me, type PersonReference } from "@rapport/api";
import { Button, Field, Input, Notice, Select } from "@rapport/ui";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { explain } from "@/app/notify";

export interface LogInFormProps {
  fixedEmail?: string;
  onDone: (me: Me) => void;
}

export function LogInForm({ fixedEmail, onDone }: LogInFormProps) {
  const { t } = useTranslation();
  const [email, setEmail] = useState(fixedEmail ?? "");
  const [password, setPassword] = useState("");
  const [workspaces, setWorkspaces] = useState<PersonReference[]>([]);
  const [workspace, setWorkspace] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const form = useRef<HTMLFormElement>(null);
  // The one thing to do on this page is to fill the form in.
  useEffect(() => {
    form.current?.querySelector<HTMLElement>("input:not([readonly])")?.focus();
  }, []);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      onDone(await api.logIn({ email, password, ...(workspace ? { workspace } : {}) }));
    } catch (error) {
      if (error instanceof ApiError && error.code === "workspace_required") {
        const choices = error.problem.current as PersonReference[];
        setWorkspaces(choices);
        setWorkspace(choices[0]?.id ?? "");
      } else if (error instanceof ApiError && error.code === "invalid_credentials") {
        setProblem(t("auth.wrong"));
      } else setProblem(explain(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form ref={form} onSubmit={submit} className="flex flex-col gap-4">
      {problem ? (
        <Notice tone="danger" role="alert">
          {problem}
        </Notice>
      ) : null}
      <Field label={t("field.email")}>
        {(field) => (
          <Input
            {...field}
            type="email"
            autoComplete="username"
            required
            readOnly={fixedEmail !== undefined}
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        )}
      </Field>
      <Field label={t("field.password")}>
        {(field) => (
          <Input
            {...field}
            type="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      {workspaces.length > 0 ? (
        <Field label={t("field.workspace")}>
          {(field) => (
            <Select
              {...field}
              value={workspace}
              onChange={(event) => setWorkspace(event.target.value)}
            >
              {workspaces.map((choice) => (
                <option key={choice.id} value={choice.id}>
                  {choice.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
      ) : null}
      <Button type="submit" kind="primary" size="large" busy={busy} className="mt-1 w-full">
        {t("auth.log_in")}
      </Button>
    </form>
  );
}
