import { Button, EmptyState } from "@rapport/ui";
import { useRouter } from "@tanstack/react-router";
import { TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { explain } from "@/app/notify";

export function RouteError({ error }: { error: unknown }) {
  const { t } = useTranslation();
  const router = useRouter();
  return (
    <main className="flex min-h-full flex-1">
      <EmptyState
        level="h1"
        icon={<TriangleAlert />}
        title={t("error.screen")}
        action={<Button onClick={() => void router.invalidate()}>{t("common.retry")}</Button>}
      >
        {explain(error)}
      </EmptyState>
    </main>
  );
}
