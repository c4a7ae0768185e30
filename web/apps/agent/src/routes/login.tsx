/** Log-in. */
import { api } from "@rapport/api";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "@/data/keys";
import { AuthPage, LogInForm } from "@/features/auth";

export default function LoginScreen() {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const navigate = useNavigate();
  const router = useRouter();
  const { next } = useSearch({ from: "/login" });
  const { data: setup } = useQuery({ queryKey: ["setup"], queryFn: api.setupState, retry: 1 });
  useEffect(() => {
    document.title = t("auth.log_in");
    if (setup?.required) void navigate({ to: "/setup", replace: true });
  }, [setup, navigate, t]);
  return (
    <AuthPage title={t("auth.welcome")} lead={t("auth.lead")} footer={t("auth.forgotten")}>
      <LogInForm
        onDone={(me) => {
          cache.clear();
          cache.setQueryData(keys.me, me);
          router.history.replace(next ?? "/");
        }}
      />
    </AuthPage>
  );
}
