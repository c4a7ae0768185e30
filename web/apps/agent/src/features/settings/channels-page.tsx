/** The channel accounts with their health, and the way to each one's page. */
import type { ChannelAccount } from "@rapport/api";
import {
  Badge,
  Button,
  ChannelIcon,
  EmptyState,
  Menu,
  MenuContent,
  MenuItem,
  MenuTrigger,
  Skeleton,
  type Tone,
} from "@rapport/ui";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ChevronRight, Plug, Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useNow } from "@/app/clock";
import { explain } from "@/app/notify";
import { usePermission } from "@/app/session";
import { channelAccountsQuery } from "@/data/queries";
import { agoTime } from "@/i18n/format";
import { ChannelAccountPage, NewChannelAccountPage } from "./channel-account-page";
import { PageTitle, Panel, sentence } from "./parts";
import { troubleOf } from "./trouble";

export const healthTone: Record<ChannelAccount["health"]["state"], Tone> = {
  ok: "success",
  never_received: "warning",
  error: "danger",
  inactive: "neutral",
};
export const creatable = ["email", "chat", "api"] as const;
export type CreatableChannel = (typeof creatable)[number];

export function ChannelsPage({ item }: { item: string | undefined }) {
  if (item?.startsWith("new-")) {
    const channel = creatable.find((entry) => item === `new-${entry}`);
    if (channel) return <NewChannelAccountPage channel={channel} />;
  } else if (item) return <ChannelAccountPage id={item} />;
  return <AccountList />;
}

function AccountList() {
  const { t } = useTranslation();
  const accounts = useQuery(channelAccountsQuery);
  return (
    <>
      <PageTitle title={t("settings.channels")} lead={t("channels.lead")} action={<AddMenu />} />
      {accounts.isPending ? <Skeleton className="h-40" /> : null}
      {accounts.isError ? <Panel>{explain(accounts.error)}</Panel> : null}
      {accounts.data?.length === 0 ? (
        <EmptyState icon={<Plug />} title={t("channels.none")} action={<AddMenu />}>
          {t("channels.none_hint")}
        </EmptyState>
      ) : null}
      <ul className="space-y-3">
        {accounts.data?.map((account) => (
          <li key={account.id}>
            <AccountRow account={account} />
          </li>
        ))}
      </ul>
    </>
  );
}

function AddMenu() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const mayManage = usePermission("channel_account.manage");
  if (!mayManage) return null;
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button kind="primary">
          <Plus className="size-4" />
          {t("channels.connect")}
        </Button>
      </MenuTrigger>
      <MenuContent align="end" className="w-72">
        {creatable.map((channel) => (
          <MenuItem
            key={channel}
            icon={<ChannelIcon channel={channel} />}
            hint={t(`channels.${channel}_means`)}
            onSelect={() =>
              void navigate({
                to: "/settings/{-$section}/{-$item}",
                params: { section: "channels", item: `new-${channel}` },
              })
            }
          >
            {t(`channels.${channel}`)}
          </MenuItem>
        ))}
      </MenuContent>
    </Menu>
  );
}

function AccountRow({ account }: { account: ChannelAccount }) {
  const { t } = useTranslation();
  const now = useNow();
  const { health } = account;
  const trouble = troubleOf(health.last_error);
  return (
    <Link
      to="/settings/{-$section}/{-$item}"
      params={{ section: "channels", item: account.id }}
      className="flex items-center gap-4 rounded-popover border border-line bg-bg px-5 py-4 hover:border-control"
    >
      <span className="flex size-10 shrink-0 items-center justify-center rounded-card bg-sunken dark:bg-hover">
        <ChannelIcon channel={account.channel} className="size-5" />
      </span>
      <span className="min-w-0 flex-1">
        <span className="flex flex-wrap items-center gap-2">
          <span className="truncate font-semibold">{account.name}</span>
          <Badge tone={healthTone[health.state]}>{t(`health.${health.state}`)}</Badge>
        </span>
        <span className="block truncate text-small text-text-3">
          {[
            account.address ?? t(`channels.${account.channel}`),
            health.last_inbound_at
              ? t("health.last_in", { ago: agoTime(health.last_inbound_at, now) })
              : t("health.nothing_in"),
          ].join(" · ")}
        </span>
        {health.state === "error" && health.last_error ? (
          <span className="mt-0.5 block text-small break-words text-danger">
            {trouble ? t(`trouble.${trouble}`) : sentence(health.last_error)}
          </span>
        ) : null}
      </span>
      <ChevronRight className="size-4 text-text-3 rtl:rotate-180" />
    </Link>
  );
}
