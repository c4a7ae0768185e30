/** The saved places of the inbox with their live counts. */
import type { ViewName } from "@rapport/api";
import { cx } from "@rapport/ui";
import { useQuery } from "@tanstack/react-query";
import { Bot, CircleUserRound, FilePen, Inbox, TriangleAlert, UserRoundX } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { countsQuery } from "@/data/queries";
import { capped } from "@/i18n/format";

const icons: Record<ViewName, ReactNode> = {
  mine: <CircleUserRound />,
  unassigned: <UserRoundX />,
  all: <Inbox />,
  drafts: <FilePen />,
  automated: <Bot />,
  requires_action: <TriangleAlert />,
};
const groups: { label: string; views: ViewName[] }[] = [
  { label: "view.group_inbox", views: ["mine", "unassigned", "all", "drafts"] },
  { label: "view.group_attention", views: ["requires_action", "automated"] },
];

export interface ViewsColumnProps {
  current: ViewName;
  workspace: string;
  onView: (view: ViewName) => void;
}

export function ViewsColumn({ current, workspace, onView }: ViewsColumnProps) {
  const { t } = useTranslation();
  const { data: counts } = useQuery(countsQuery);
  return (
    <nav
      aria-label={t("nav.views")}
      className="scroll-thin flex w-52 shrink-0 flex-col border-e border-line bg-surface px-2 pb-4"
    >
      <p className="flex h-14 shrink-0 items-center truncate px-2 text-heading">{workspace}</p>
      {groups.map((group) => (
        <div key={group.label} className="mb-5">
          <h2 className="mb-1 px-2 text-micro font-medium text-text-3">{t(group.label)}</h2>
          <ul className="space-y-px">
            {group.views.map((view) => {
              const count = counts?.views[view];
              const active = view === current;
              return (
                <li key={view}>
                  <button
                    type="button"
                    aria-current={active ? "page" : undefined}
                    onClick={() => onView(view)}
                    className={cx(
                      "flex h-8 w-full items-center gap-2.5 rounded-control px-2 text-body transition-colors duration-75 [&_svg]:size-4 [&_svg]:shrink-0",
                      active
                        ? "bg-accent-soft font-medium text-accent-text"
                        : "text-text-2 hover:bg-hover hover:text-text",
                    )}
                  >
                    {icons[view]}
                    <span className="flex-1 truncate text-start">{t(`view.${view}`)}</span>
                    {count === undefined || count === 0 ? null : (
                      <span
                        className={cx(
                          "text-micro tabular-nums",
                          active ? "text-accent-text" : "text-text-3",
                        )}
                      >
                        {capped(count)}
                      </span>
                    )}
                  </button>
                </li>
              );
            })}
          </ul>
        </div>
      ))}
    </nav>
  );
}
