/** The settings: a list of pages on the left, the chosen one on the right. */
import type { Permission } from "@rapport/api";
import { cx } from "@rapport/ui";
import { Link, useParams } from "@tanstack/react-router";
import {
  Building2,
  ChevronLeft,
  KeyRound,
  Plug,
  TriangleAlert,
  UserRound,
  Users,
} from "lucide-react";
import { type ComponentType, type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { ErrorBoundary } from "@/app/error-boundary";
import { useMe } from "@/app/session";
import {
  ChannelsPage,
  JobsPage,
  PeoplePage,
  ProfilePage,
  TokensPage,
  WorkspacePage,
} from "@/features/settings";
import { NoAccess } from "./no-access";
import { NotFound } from "./not-found";

interface SettingsPage {
  section: string;
  group: "personal" | "workspace" | "developers";
  icon: ReactNode;
  permission: Permission | null;
  page: ComponentType<{ item: string | undefined }>;
}

const pages: SettingsPage[] = [
  {
    section: "profile",
    group: "personal",
    icon: <UserRound />,
    permission: null,
    page: ProfilePage,
  },
  {
    section: "workspace",
    group: "workspace",
    icon: <Building2 />,
    permission: "workspace.manage",
    page: WorkspacePage,
  },
  {
    section: "channels",
    group: "workspace",
    icon: <Plug />,
    permission: "channel_account.read",
    page: ChannelsPage,
  },
  {
    section: "people",
    group: "workspace",
    icon: <Users />,
    permission: "user.read",
    page: PeoplePage,
  },
  {
    section: "tokens",
    group: "developers",
    icon: <KeyRound />,
    permission: "token.manage_own",
    page: TokensPage,
  },
  {
    section: "failures",
    group: "developers",
    icon: <TriangleAlert />,
    permission: "workspace.manage",
    page: JobsPage,
  },
];
const groups = ["personal", "workspace", "developers"] as const;

export default function SettingsScreen() {
  const { t } = useTranslation();
  const me = useMe();
  const { section, item } = useParams({ strict: false }) as { section?: string; item?: string };
  const current = pages.find((page) => page.section === (section ?? "profile"));
  useEffect(() => {
    document.title = current
      ? `${t(`settings.${current.section}`)} – ${t("nav.settings")}`
      : t("nav.settings");
  }, [current, t]);
  if (!current) return <NotFound />;
  const visible = pages.filter(
    (page) => page.permission === null || me.permissions.includes(page.permission),
  );
  const Page = current.page;
  const allowed = visible.includes(current);
  return (
    <div className="flex min-h-0 min-w-0 flex-1">
      <nav
        aria-label={t("nav.settings")}
        className={cx(
          "scroll-thin w-full shrink-0 border-e border-line bg-surface px-2 pb-6 md:block md:w-56",
          section && "hidden",
        )}
      >
        <p className="flex h-14 items-center px-2 text-title">{t("nav.settings")}</p>
        {groups.map((group) => {
          const entries = visible.filter((page) => page.group === group);
          if (entries.length === 0) return null;
          return (
            <div key={group} className="mb-5">
              <h2 className="mb-1 px-2 text-micro font-medium text-text-3">
                {t(`settings.group_${group}`)}
              </h2>
              <ul className="space-y-px">
                {entries.map((page) => (
                  <li key={page.section}>
                    <Link
                      to="/settings/{-$section}/{-$item}"
                      params={{ section: page.section, item: undefined }}
                      aria-current={page === current ? "page" : undefined}
                      className={cx(
                        "flex h-8 items-center gap-2.5 rounded-control px-2 text-body text-text-2 hover:bg-hover hover:text-text pointer-coarse:h-11 [&_svg]:size-4",
                        page === current && "md:bg-accent-soft md:font-medium md:text-accent-text",
                      )}
                    >
                      {page.icon}
                      {t(`settings.${page.section}`)}
                    </Link>
                  </li>
                ))}
              </ul>
            </div>
          );
        })}
      </nav>
      {allowed ? (
        <main
          id="main"
          tabIndex={-1}
          className={cx("scroll-thin min-w-0 flex-1 bg-bg", !section && "max-md:hidden")}
        >
          <div className="mx-auto max-w-3xl px-4 py-6 sm:px-8">
            {/* A page below another one brings its own way back. */}
            {item ? null : (
              <Link
                to="/settings/{-$section}/{-$item}"
                params={{ section: undefined, item: undefined }}
                className="mb-3 inline-flex items-center gap-1 text-small text-text-2 md:hidden"
              >
                <ChevronLeft className="size-4 rtl:rotate-180" />
                {t("nav.settings")}
              </Link>
            )}
            <ErrorBoundary resetKey={`${section}/${item}`}>
              <Page item={item} />
            </ErrorBoundary>
          </div>
        </main>
      ) : (
        <NoAccess permission={current.permission ?? "workspace.manage"} />
      )}
    </div>
  );
}
