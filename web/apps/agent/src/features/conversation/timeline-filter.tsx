/** Chooses what of the thread is shown, and says so while it is not everything. */

import {
  Button,
  cx,
  IconButton,
  Menu,
  MenuContent,
  MenuItem,
  MenuLabel,
  MenuTrigger,
} from "@rapport/ui";
import {
  Activity,
  Layers,
  ListFilter,
  MessageSquare,
  MessagesSquare,
  StickyNote,
} from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { type TimelineShow, timelineShows } from "@/data/list-query";

export interface TimelineFilterProps {
  show: TimelineShow;
  onShow: (show: TimelineShow) => void;
}

const icons: Record<TimelineShow, ReactNode> = {
  all: <Layers className="size-4" />,
  talk: <MessagesSquare className="size-4" />,
  messages: <MessageSquare className="size-4" />,
  notes: <StickyNote className="size-4" />,
  activity: <Activity className="size-4" />,
};

export function TimelineFilterMenu({ show, onShow }: TimelineFilterProps) {
  const { t } = useTranslation();
  return (
    <Menu>
      <MenuTrigger asChild>
        <IconButton
          label={t("show.label")}
          size="small"
          side="left"
          icon={<ListFilter className="size-4" />}
          className={cx(
            // It keeps to the margin beside the text, in which no finger could hit it.
            "absolute end-0 top-2 z-20 size-6 min-w-6 pointer-coarse:hidden max-sm:hidden",
            show !== "all" && "bg-accent-soft text-accent-text",
          )}
        />
      </MenuTrigger>
      <MenuContent align="end">
        <MenuLabel>{t("show.label")}</MenuLabel>
        {timelineShows.map((option) => (
          <MenuItem
            key={option}
            icon={icons[option]}
            checked={option === show}
            onSelect={() => onShow(option)}
          >
            {t(`show.${option}`)}
          </MenuItem>
        ))}
      </MenuContent>
    </Menu>
  );
}

export function TimelineFilterBar({ show, onShow }: TimelineFilterProps) {
  const { t } = useTranslation();
  if (show === "all") return null;
  return (
    <div className="flex min-h-9 shrink-0 items-center gap-2 border-b border-line bg-accent-soft px-4 py-1 text-small text-accent-text sm:px-6">
      <p role="status" className="min-w-0 flex-1">
        {t(`show.${show}_only`)}
      </p>
      <Button kind="ghost" size="small" className="text-accent-text" onClick={() => onShow("all")}>
        {t("show.everything")}
      </Button>
    </div>
  );
}
