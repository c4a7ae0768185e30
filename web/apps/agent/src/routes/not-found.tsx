import { EmptyState } from "@rapport/ui";
import { Link } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { useTranslation } from "react-i18next";

export function NotFound() {
  const { t } = useTranslation();
  return (
    <main className="flex min-h-full flex-1">
      <EmptyState
        level="h1"
        icon={<Compass />}
        title={t("not_found.title")}
        action={
          <Link
            to="/inbox"
            className="font-medium text-accent-text underline-offset-2 hover:underline"
          >
            {t("not_found.action")}
          </Link>
        }
      >
        {t("not_found.hint")}
      </EmptyState>
    </main>
  );
}
