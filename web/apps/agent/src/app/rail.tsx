/** The main navigation: a rail beside the screen, or a bar below it on a phone. */
import { api } from "@rapport/api";
import {
  Avatar,
  cx,
  IconButton,
  Logo,
  Menu,
  MenuContent,
  MenuItem,
  MenuLabel,
  MenuSeparator,
  MenuTrigger,
  Tooltip,
} from "@rapport/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useRouterState } from "@tanstack/react-router";
import {
  ChevronsLeft,
  ChevronsRight,
  Inbox,
  Keyboard,
  LogOut,
  Monitor,
  Moon,
  Search,
  Settings,
  Sun,
  UserRound,
  Users,
} from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { channelAccountsQuery, countsQuery } from "@/data/queries";
import { capped } from "@/i18n/format";
import { useConnectionState } from "@/realtime/provider";
import { afterFocusReturns } from "./focus";
import { complain } from "./notify";
import { overlays } from "./overlays";
import { railWide, type Theme, theme, themes } from "./preferences";
import { markSignedIn, useMe, usePermission } from "./session";
import { useStore } from "./store";

interface Item {
  to: "/inbox" | "/contacts" | "/settings/{-$section}/{-$item}";
  /** The start of every address this item stands for. */
  prefix: string;
  label: string;
  icon: ReactNode;
  shortcut: string;
  badge?: number;
  alert?: string | null;
}

function useItems(): { main: Item[]; settings: Item } {
  const { t } = useTranslation();
  const contacts = usePermission("contact.read");
  const mayReadAccounts = usePermission("channel_account.read");
  const { data: counts } = useQuery(countsQuery);
  const { data: accounts } = useQuery({ ...channelAccountsQuery, enabled: mayReadAccounts });
  const broken = accounts?.some((account) => account.active && account.health.state === "error");
  const main: Item[] = [
    {
      to: "/inbox",
      prefix: "/inbox",
      label: t("nav.inbox"),
      icon: <Inbox />,
      shortcut: "g i",
      badge: counts?.unread_mine ?? 0,
    },
  ];
  if (contacts) {
    main.push({
      to: "/contacts",
      prefix: "/contacts",
      label: t("nav.contacts"),
      icon: <Users />,
      shortcut: "g p",
    });
  }
  return {
    main,
    settings: {
      to: "/settings/{-$section}/{-$item}",
      prefix: "/settings",
      label: t("nav.settings"),
      icon: <Settings />,
      shortcut: "g ,",
      alert: broken ? t("nav.channel_error") : null,
    },
  };
}

const itemClass =
  "relative flex h-10 items-center gap-3 rounded-control px-2.5 text-text-2 transition-colors duration-75 hover:bg-hover hover:text-text [&_svg]:size-5 [&_svg]:shrink-0";
const activeClass = "bg-accent-soft text-accent-text hover:bg-accent-soft hover:text-accent-text";

export function Rail() {
  const { t } = useTranslation();
  const wide = useStore(railWide);
  const { main, settings } = useItems();
  return (
    <nav
      aria-label={t("nav.main")}
      className={cx(
        "hidden shrink-0 flex-col gap-1 border-e border-line bg-surface px-2 pb-3 md:flex",
        wide ? "w-52" : "w-14",
      )}
    >
      <div className="flex h-14 items-center gap-2.5 px-1">
        <Logo className="size-8" />
        {wide ? <span className="text-heading">Rapport</span> : null}
      </div>
      <RailButton
        label={t("nav.search")}
        shortcut="mod+k"
        wide={wide}
        icon={<Search />}
        onClick={() => overlays.open("palette")}
      />
      {main.map((item) => (
        <RailLink key={item.to} item={item} wide={wide} />
      ))}
      <div className="flex-1" />
      <RailLink item={settings} wide={wide} />
      <IconButton
        label={t(wide ? "nav.collapse" : "nav.expand")}
        side="right"
        icon={
          <span className="rtl:-scale-x-100 [&_svg]:size-4">
            {wide ? <ChevronsLeft /> : <ChevronsRight />}
          </span>
        }
        className="h-8 w-full"
        onClick={() => railWide.set(!wide)}
      />
      <ProfileMenu wide={wide} />
    </nav>
  );
}

function RailButton({
  label,
  shortcut,
  icon,
  wide,
  onClick,
}: {
  label: string;
  shortcut: string;
  icon: ReactNode;
  wide: boolean;
  onClick: () => void;
}) {
  return (
    <Tooltip label={label} shortcut={shortcut} side="right">
      <button type="button" onClick={onClick} aria-label={label} className={itemClass}>
        {icon}
        {wide ? <span className="text-body">{label}</span> : null}
      </button>
    </Tooltip>
  );
}

function useIsActive(prefix: string): boolean {
  return useRouterState({ select: (state) => state.location.pathname.startsWith(prefix) });
}

function Mark({ item }: { item: Item }) {
  if (item.badge && item.badge > 0) {
    return (
      <span className="absolute -end-0.5 top-0.5 flex h-4 min-w-4 items-center justify-center rounded-full bg-accent px-1 text-[10px] font-semibold text-on-accent tabular-nums ring-2 ring-surface">
        {capped(item.badge)}
      </span>
    );
  }
  return item.alert ? (
    <span className="absolute end-1 top-1.5 size-2 rounded-full bg-danger ring-2 ring-surface" />
  ) : null;
}

function RailLink({ item, wide }: { item: Item; wide: boolean }) {
  const { t } = useTranslation();
  const active = useIsActive(item.prefix);
  const label = item.badge
    ? t("nav.with_unread", { name: item.label, count: item.badge })
    : [item.label, item.alert].filter(Boolean).join(". ");
  return (
    <Tooltip label={item.alert ?? item.label} shortcut={item.shortcut} side="right">
      <Link
        to={item.to}
        aria-label={label}
        aria-current={active ? "page" : undefined}
        className={cx(itemClass, active && activeClass)}
      >
        {item.icon}
        {wide ? <span className="text-body font-medium">{item.label}</span> : null}
        <Mark item={item} />
      </Link>
    </Tooltip>
  );
}

export function TabBar() {
  const { t } = useTranslation();
  const { main, settings } = useItems();
  // An open conversation needs the whole height of a phone.
  const inConversation = useRouterState({
    select: (state) => /^\/inbox\/[^/]+\/[^/]+/.test(state.location.pathname),
  });
  if (inConversation) return null;
  return (
    <nav
      aria-label={t("nav.main")}
      className="flex shrink-0 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {main.map((item) => (
        <TabLink key={item.to} item={item} />
      ))}
      <button
        type="button"
        onClick={() => overlays.open("palette")}
        className="flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-micro text-text-2 [&_svg]:size-5"
      >
        <Search />
        {t("nav.search")}
      </button>
      <TabLink item={settings} />
    </nav>
  );
}

function TabLink({ item }: { item: Item }) {
  const active = useIsActive(item.prefix);
  return (
    <Link
      to={item.to}
      aria-current={active ? "page" : undefined}
      className={cx(
        "flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-micro text-text-2 [&_svg]:size-5",
        active && "font-medium text-accent-text",
      )}
    >
      <span className="relative">
        {item.icon}
        {item.badge ? (
          <span className="absolute -end-2 -top-1 flex h-4 min-w-4 items-center justify-center rounded-full bg-accent px-1 text-[10px] font-semibold text-on-accent">
            {capped(item.badge)}
          </span>
        ) : null}
      </span>
      {item.label}
    </Link>
  );
}

const themeIcons: Record<Theme, ReactNode> = {
  system: <Monitor className="size-4" />,
  light: <Sun className="size-4" />,
  dark: <Moon className="size-4" />,
};

function ProfileMenu({ wide }: { wide: boolean }) {
  const { t } = useTranslation();
  const me = useMe();
  const cache = useQueryClient();
  const chosen = useStore(theme);
  const connection = useConnectionState();
  const navigate = useNavigate();
  const logOut = async () => {
    try {
      await api.logOut();
      markSignedIn(false);
      cache.clear();
      window.location.assign("/login");
    } catch (error) {
      complain(error);
    }
  };
  return (
    <Menu>
      <MenuTrigger asChild>
        <button
          type="button"
          aria-label={t("nav.profile", { name: me.user.name })}
          className="flex h-10 items-center gap-2.5 rounded-control px-1 hover:bg-hover data-[state=open]:bg-hover"
        >
          <span className="relative">
            <Avatar id={me.user.id} name={me.user.name} className="size-8 text-[12px]" />
            <span
              className={cx(
                "absolute -end-0.5 -bottom-0.5 size-3 rounded-full border-2 border-surface",
                connection === "live" ? "bg-success" : "bg-control",
              )}
            />
          </span>
          {wide ? (
            <span className="min-w-0 truncate text-body font-medium">{me.user.name}</span>
          ) : null}
        </button>
      </MenuTrigger>
      <MenuContent side="right" align="end" className="w-60">
        <div className="px-2 py-1.5">
          <p className="truncate text-body font-semibold">{me.user.name}</p>
          <p className="truncate text-micro text-text-3">{me.user.email ?? me.workspace.name}</p>
          <p className="mt-1 text-micro text-text-3">{t(`connection.${connection}`)}</p>
        </div>
        <MenuSeparator />
        <MenuItem
          icon={<UserRound className="size-4" />}
          onSelect={() =>
            void navigate({ to: "/settings/{-$section}/{-$item}", params: { section: "profile" } })
          }
        >
          {t("nav.my_profile")}
        </MenuItem>
        <MenuItem
          icon={<Keyboard className="size-4" />}
          shortcut="?"
          onSelect={() => afterFocusReturns(() => overlays.open("shortcuts"))}
        >
          {t("action.shortcuts")}
        </MenuItem>
        <MenuSeparator />
        <MenuLabel>{t("theme.label")}</MenuLabel>
        {themes.map((name) => (
          <MenuItem
            key={name}
            icon={themeIcons[name]}
            checked={chosen === name}
            onSelect={(event) => {
              event.preventDefault();
              theme.set(name);
            }}
          >
            {t(`theme.${name}`)}
          </MenuItem>
        ))}
        <MenuSeparator />
        <MenuItem icon={<LogOut className="size-4" />} onSelect={() => void logOut()}>
          {t("nav.log_out")}
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}
