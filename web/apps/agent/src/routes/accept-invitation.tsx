/** A new teammate takes up an invitation. */
import { ApiError, api } from "@rapport/api";
import { Button, EmptyState, Field, Input, Notice, Skeleton } from "@rapport/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { MailX } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { explain } from "@/app/notify";
import { keys } from "@/data/keys";
import { AuthPage, isLongEnough, shortestPassword, useFirstError } from "@/features/auth";

export default function AcceptInvitationScreen() {
  const { t } = useTranslation();
  const { token } = useParams({ from: "/invitations/$token" });
  const cache = useQueryClient();
  const navigate = useNavigate();
  const invitation = useQuery({
    queryKey: ["invitation", token],
    queryFn: () => api.invitationByToken(token),
    retry: false,
  });
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [refusal, setRefusal] = useState<{ password?: string }>({});
  const [busy, setBusy] = useState(false);
  useFirstError(refusal);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setProblem(null);
    const short = !isLongEnough(password);
    setRefusal(short ? { password: t("auth.password_short", { count: shortestPassword }) } : {});
    if (short) return;
    setBusy(true);
    try {
      const me = await api.acceptInvitation(token, { name, password });
      cache.clear();
      cache.setQueryData(keys.me, me);
      void navigate({ to: "/", replace: true });
    } catch (cause) {
      setProblem(explain(cause));
    } finally {
      setBusy(false);
    }
  };

  if (invitation.isPending) {
    return (
      <AuthPage title={t("invitation.title")}>
        <Skeleton className="h-40 w-full" />
      </AuthPage>
    );
  }
  if (invitation.isError) {
    const gone = invitation.error instanceof ApiError && !invitation.error.isNetwork;
    return (
      <main className="flex min-h-full bg-surface">
        <EmptyState
          level="h1"
          icon={<MailX />}
          title={t(gone ? "invitation.gone" : "error.screen")}
          action={
            gone ? (
              <Button onClick={() => void navigate({ to: "/login" })}>{t("auth.log_in")}</Button>
            ) : (
              <Button onClick={() => void invitation.refetch()}>{t("common.retry")}</Button>
            )
          }
        >
          {gone ? t("invitation.gone_hint") : explain(invitation.error)}
        </EmptyState>
      </main>
    );
  }
  return (
    <AuthPage
      title={t("invitation.join", { workspace: invitation.data.workspace_name })}
      lead={t("invitation.as", {
        email: invitation.data.email,
        role: t(`role.${invitation.data.role}`),
      })}
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        {problem ? (
          <Notice tone="danger" role="alert">
            {problem}
          </Notice>
        ) : null}
        <input type="hidden" autoComplete="username" value={invitation.data.email} readOnly />
        <Field label={t("setup.name")}>
          {(field) => (
            <Input
              {...field}
              required
              autoComplete="name"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field
          label={t("field.password")}
          help={t("auth.password_help", { count: shortestPassword })}
          error={refusal.password}
        >
          {(field) => (
            <Input
              {...field}
              required
              type="password"
              autoComplete="new-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" kind="primary" size="large" busy={busy} className="mt-1 w-full">
          {t("invitation.action")}
        </Button>
      </form>
    </AuthPage>
  );
}
