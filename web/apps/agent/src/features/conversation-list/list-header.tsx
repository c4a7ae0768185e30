/** Title, search, channel tabs and filters above the list. All of their state is in the address. */
import type { Channel, ConversationSort, Priority, Status, ViewName } from "@rapport/api";
import {
  ChannelIcon,
  cx,
  IconButton,
  Menu,
  MenuContent,
  MenuItem,
  MenuLabel,
  MenuSeparator,
  MenuTrigger,
  PriorityIcon,
  StatusIcon,
} from "@rapport/ui";
import { useQuery } from "@tanstack/react-query";
import { ArrowDownUp, ChevronDown, ListFilter, PenSquare, Search, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAction } from "@/actions/use-actions";
import { regionIds } from "@/app/focus";
import {
  channelTabs,
  hasFilters,
  type InboxSearch,
  priorities,
  sorts,
  statuses,
  views,
} from "@/data/list-query";
import { countsQuery, usersQuery } from "@/data/queries";
import { capped } from "@/i18n/format";

export interface ListHeaderProps {
  view: ViewName;
  search: InboxSearch;
  onSearch: (search: InboxSearch) => void;
  onView: (view: ViewName) => void;
  /** Shows the views as a menu on the title, where there is no column for them. */
  viewsInMenu: boolean;
}

export function ListHeader({ view, search, onSearch, onView, viewsInMenu }: ListHeaderProps) {
  const { t } = useTranslation();
  const compose = useAction("conversation.new");
  return (
    <header className="shrink-0">
      <div className="flex h-14 items-center gap-1 ps-4 pe-3">
        <h1 className="min-w-0 flex-1 text-title">
          {viewsInMenu ? <ViewMenu view={view} onView={onView} /> : t(`view.${view}`)}
        </h1>
        <SortMenu search={search} onSearch={onSearch} />
        <FilterMenu view={view} search={search} onSearch={onSearch} />
        {compose.shown ? (
          <IconButton
            label={t("action.new_conversation")}
            shortcut={compose.shortcut}
            icon={<PenSquare className="size-4" />}
            onClick={compose.run}
          />
        ) : null}
      </div>
      <div className="px-3 pb-1">
        <SearchField search={search} onSearch={onSearch} />
      </div>
      <ChannelTabs view={view} search={search} onSearch={onSearch} />
      <Chips view={view} search={search} onSearch={onSearch} />
    </header>
  );
}

type Controls = Pick<ListHeaderProps, "search" | "onSearch">;

function SearchField({ search, onSearch }: Controls) {
  const { t } = useTranslation();
  const [text, setText] = useState(search.q ?? "");
  useEffect(() => setText(search.q ?? ""), [search.q]);
  useEffect(() => {
    const wanted = text.trim() || undefined;
    if (wanted === search.q) return;
    const timer = window.setTimeout(() => onSearch({ ...search, q: wanted }), 250);
    return () => window.clearTimeout(timer);
  }, [text, search, onSearch]);
  return (
    <div className="relative">
      <Search className="pointer-events-none absolute start-2.5 top-1/2 size-4 -translate-y-1/2 text-text-3" />
      <input
        id={regionIds.listSearch}
        type="search"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          setText("");
          event.currentTarget.blur();
        }}
        placeholder={t("list.search")}
        aria-label={t("list.search")}
        className="h-8 w-full rounded-control bg-sunken ps-8 pe-2 text-body outline-none focus:bg-bg focus:shadow-[inset_0_0_0_2px_var(--accent)] dark:bg-hover pointer-coarse:h-11 max-sm:text-[16px] [&::-webkit-search-cancel-button]:hidden"
      />
    </div>
  );
}

function ChannelTabs({ view, search, onSearch }: Controls & { view: ViewName }) {
  const { t } = useTranslation();
  const { data: counts } = useQuery(countsQuery);
  const tabs: (Channel | null)[] = [null, ...channelTabs];
  if (search.channel && !channelTabs.includes(search.channel)) tabs.push(search.channel);
  return (
    <div
      role="toolbar"
      aria-label={t("filter.channel")}
      className="flex gap-1 overflow-x-auto border-b border-line px-3 pt-1 pb-2 [scrollbar-width:none]"
    >
      {tabs.map((channel) => {
        const active = (search.channel ?? null) === channel;
        // The counts are of everything that is unread, so beside a part of it they would be wrong.
        const unread = channel && view === "all" ? (counts?.channels[channel] ?? 0) : 0;
        return (
          <button
            key={channel ?? "all"}
            type="button"
            aria-pressed={active}
            onClick={() => onSearch({ ...search, channel: channel ?? undefined })}
            className={cx(
              "touch-area inline-flex h-7 shrink-0 items-center gap-1.5 rounded-full px-2.5 text-small font-medium transition-colors duration-75 pointer-coarse:px-3.5",
              active
                ? "bg-text text-bg [&_svg]:text-current"
                : "text-text-2 hover:bg-hover hover:text-text",
            )}
          >
            {channel ? <ChannelIcon channel={channel} className="size-3.5" /> : null}
            {channel ? t(`channel.${channel}`) : t("filter.all_channels")}
            {unread > 0 ? <span className="text-micro tabular-nums">{capped(unread)}</span> : null}
          </button>
        );
      })}
    </div>
  );
}

function ViewMenu({ view, onView }: Pick<ListHeaderProps, "view" | "onView">) {
  const { t } = useTranslation();
  const { data: counts } = useQuery(countsQuery);
  return (
    <Menu>
      <MenuTrigger className="-ms-1.5 inline-flex items-center gap-1 rounded-control px-1.5 py-0.5 hover:bg-hover">
        {t(`view.${view}`)}
        <ChevronDown className="size-4 text-text-3" />
      </MenuTrigger>
      <MenuContent align="start">
        {views.map((name) => (
          <MenuItem key={name} checked={name === view} onSelect={() => onView(name)}>
            <span className="flex justify-between gap-6">
              {t(`view.${name}`)}
              {counts ? (
                <span className="text-text-3 tabular-nums">{capped(counts.views[name])}</span>
              ) : null}
            </span>
          </MenuItem>
        ))}
      </MenuContent>
    </Menu>
  );
}

function SortMenu({ search, onSearch }: Controls) {
  const { t } = useTranslation();
  const current: ConversationSort = search.sort ?? "last_activity";
  return (
    <Menu>
      <MenuTrigger asChild>
        <IconButton label={t("sort.label")} icon={<ArrowDownUp className="size-4" />} />
      </MenuTrigger>
      <MenuContent align="end">
        <MenuLabel>{t("sort.label")}</MenuLabel>
        {sorts.map((sort) => (
          <MenuItem
            key={sort}
            checked={sort === current}
            onSelect={() =>
              onSearch({ ...search, sort: sort === "last_activity" ? undefined : sort })
            }
          >
            {t(`sort.${sort}`)}
          </MenuItem>
        ))}
      </MenuContent>
    </Menu>
  );
}

function toggled<T>(list: readonly T[] | undefined, value: T): T[] | undefined {
  const next = list?.includes(value)
    ? list.filter((other) => other !== value)
    : [...(list ?? []), value];
  return next.length > 0 ? next : undefined;
}

function FilterMenu({ view, search, onSearch }: Controls & { view: ViewName }) {
  const { t } = useTranslation();
  const { data: users } = useQuery(usersQuery);
  const stay = (event: Event) => event.preventDefault();
  const personal = view === "mine" || view === "unassigned";
  return (
    <Menu>
      <MenuTrigger asChild>
        <IconButton
          label={t("filter.label")}
          icon={<ListFilter className="size-4" />}
          className={cx(hasFilters(search) && "bg-accent-soft text-accent-text")}
        />
      </MenuTrigger>
      <MenuContent align="end" className="max-h-[70vh] w-60">
        <MenuItem
          checked={search.unread}
          onSelect={(event) => {
            stay(event);
            onSearch({ ...search, unread: search.unread ? undefined : true });
          }}
        >
          {t("filter.unread")}
        </MenuItem>
        <MenuItem
          checked={search.action}
          onSelect={(event) => {
            stay(event);
            onSearch({ ...search, action: search.action ? undefined : true });
          }}
        >
          {t("filter.action")}
        </MenuItem>
        <MenuSeparator />
        <MenuLabel>{t("filter.status")}</MenuLabel>
        {statuses.map((status) => (
          <MenuItem
            key={status}
            icon={<StatusIcon status={status} />}
            checked={search.status?.includes(status)}
            onSelect={(event) => {
              stay(event);
              onSearch({ ...search, status: toggled<Status>(search.status, status) });
            }}
          >
            {t(`status.${status}`)}
          </MenuItem>
        ))}
        <MenuSeparator />
        <MenuLabel>{t("filter.priority")}</MenuLabel>
        {priorities.map((priority) => (
          <MenuItem
            key={priority}
            icon={<PriorityIcon priority={priority} />}
            checked={search.priority?.includes(priority)}
            onSelect={(event) => {
              stay(event);
              onSearch({ ...search, priority: toggled<Priority>(search.priority, priority) });
            }}
          >
            {t(`priority.${priority}`)}
          </MenuItem>
        ))}
        {personal ? null : (
          <>
            <MenuSeparator />
            <MenuLabel>{t("filter.assignee")}</MenuLabel>
            {users
              ?.filter((user) => user.active)
              .map((user) => (
                <MenuItem
                  key={user.id}
                  checked={search.assignee === user.id}
                  onSelect={(event) => {
                    stay(event);
                    onSearch({
                      ...search,
                      assignee: search.assignee === user.id ? undefined : user.id,
                    });
                  }}
                >
                  {user.name}
                </MenuItem>
              ))}
          </>
        )}
      </MenuContent>
    </Menu>
  );
}

function Chips({ view, search, onSearch }: Controls & { view: ViewName }) {
  const { t } = useTranslation();
  const { data: users } = useQuery(usersQuery);
  const chips: { id: string; label: string; without: InboxSearch }[] = [];
  if (search.unread)
    chips.push({
      id: "unread",
      label: t("filter.unread"),
      without: { ...search, unread: undefined },
    });
  if (search.action)
    chips.push({
      id: "action",
      label: t("filter.action"),
      without: { ...search, action: undefined },
    });
  for (const status of search.status ?? [])
    chips.push({
      id: status,
      label: t(`status.${status}`),
      without: { ...search, status: toggled(search.status, status) },
    });
  for (const priority of search.priority ?? [])
    chips.push({
      id: priority,
      label: t(`priority.${priority}`),
      without: { ...search, priority: toggled(search.priority, priority) },
    });
  if (search.assignee && view !== "mine" && view !== "unassigned") {
    const name = users?.find((user) => user.id === search.assignee)?.name ?? t("filter.assignee");
    chips.push({ id: "assignee", label: name, without: { ...search, assignee: undefined } });
  }
  if (chips.length === 0) return null;
  return (
    <div className="flex flex-wrap items-center gap-1.5 border-b border-line px-3 py-2">
      {chips.map((chip) => (
        <button
          key={chip.id}
          type="button"
          onClick={() => onSearch(chip.without)}
          aria-label={t("filter.remove", { filter: chip.label })}
          className="inline-flex h-6 items-center gap-1 rounded-chip bg-accent-soft ps-2 pe-1 text-micro font-medium text-accent-text hover:shadow-[inset_0_0_0_1px_currentColor]"
        >
          {chip.label}
          <X className="size-3" />
        </button>
      ))}
      <button
        type="button"
        onClick={() => onSearch({ sort: search.sort })}
        className="h-6 rounded-chip px-1.5 text-micro font-medium text-text-2 hover:bg-hover"
      >
        {t("filter.clear")}
      </button>
    </div>
  );
}
