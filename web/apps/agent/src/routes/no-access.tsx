import type { Permission } from "@rapport/api";
import { EmptyState } from "@rapport/ui";
import { useQuery } from "@tanstack/react-query";
import { Lock } from "lucide-react";
import { useTranslation } from "react-i18next";
import { usePermission } from "@/app/session";
import { usersQuery } from "@/data/queries";

/** Names the permission that is missing and who can give it. */
export function NoAccess({ permission }: { permission: Permission }) {
  const { t } = useTranslation();
  const mayReadUsers = usePermission("user.read");
  const { data: users } = useQuery({ ...usersQuery, enabled: mayReadUsers });
  const admins = users
    ?.filter((user) => user.active && user.role === "admin")
    .slice(0, 3)
    .map((user) => user.name)
    .join(", ");
  return (
    <main id="main" tabIndex={-1} className="flex flex-1">
      <EmptyState
        level="h1"
        icon={<Lock />}
        title={t("no_access.title", { permission: t(`permission.${permission}`) })}
      >
        {admins ? t("no_access.ask", { names: admins }) : t("no_access.ask_admin")}
      </EmptyState>
    </main>
  );
}
