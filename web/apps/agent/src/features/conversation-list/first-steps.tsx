/** In place of a list that cannot hold anything yet: what is missing for the first conversation. */
import { EmptyState } from "@rapport/ui";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Inbox, Plug } from "lucide-react";
import { useTranslation } from "react-i18next";
import { usePermission } from "@/app/session";
import { channelAccountsQuery } from "@/data/queries";
import "@/i18n/settings";

export default function FirstSteps() {
  const { t } = useTranslation();
  const mayRead = usePermission("channel_account.read");
  const mayManage = usePermission("channel_account.manage");
  const { data: accounts, isLoading } = useQuery({ ...channelAccountsQuery, enabled: mayRead });
  if (isLoading) return null;
  if (accounts?.length !== 0) {
    return <EmptyState icon={<Inbox />} title={t("list.empty_all")} />;
  }
  return (
    <EmptyState
      icon={<Plug />}
      title={t("channels.none")}
      action={
        mayManage ? (
          <Link
            to="/settings/{-$section}/{-$item}"
            params={{ section: "channels" }}
            className="inline-flex h-8 items-center rounded-control bg-accent px-3 text-body font-medium text-on-accent hover:bg-accent-hover"
          >
            {t("channels.connect")}
          </Link>
        ) : undefined
      }
    >
      {mayManage ? t("channels.none_hint") : null}
    </EmptyState>
  );
}
