/** Says that the open conversation is not in the list beside it, so that nobody searches for it there. */
import type { ViewName } from "@rapport/api";
import { Button } from "@rapport/ui";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useMe } from "@/app/session";
import { type InboxSearch, listQuery, matchesQuery } from "@/data/list-query";
import { conversationOptions } from "@/data/queries";
import { nameOf } from "./row-text";

interface OpenElsewhereProps {
  selectedId: string | null;
  view: ViewName;
  search: InboxSearch;
  onSearch: (search: InboxSearch) => void;
  onView: (view: ViewName) => void;
}

export function OpenElsewhere({ selectedId, view, search, onSearch, onView }: OpenElsewhereProps) {
  const { t } = useTranslation();
  const me = useMe();
  // Whoever shows the conversation fetches it.
  const { data } = useQuery({ ...conversationOptions(selectedId ?? ""), enabled: false });
  if (!data || data.id !== selectedId) return null;
  const isHere = (filters: InboxSearch) =>
    matchesQuery(data, listQuery(view, filters), me.user.id) !== false;
  if (isHere(search)) return null;
  // Where the view would have it, it is the filters that leave it out.
  const hiddenByFilter = isHere({});
  return (
    <div className="mx-2 mt-2 flex items-center gap-2 rounded-card border border-dashed border-line py-1.5 ps-3 pe-1.5 text-small max-lg:hidden">
      <p className="min-w-0 flex-1">
        <span className="block truncate font-medium">{nameOf(data)}</span>{" "}
        <span className="block truncate text-text-2">
          {t(hiddenByFilter ? "list.open_filtered" : "list.open_elsewhere")}
        </span>
      </p>
      {hiddenByFilter || view !== "all" ? (
        <Button
          size="small"
          kind="ghost"
          onClick={() => (hiddenByFilter ? onSearch({ sort: search.sort }) : onView("all"))}
        >
          {t(hiddenByFilter ? "filter.clear" : "list.show_in_all")}
        </Button>
      ) : null}
    </div>
  );
}
