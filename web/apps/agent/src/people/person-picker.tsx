/** Chooses a teammate: search, me first, then those online. One press decides. */
import type { PersonReference, User } from "@rapport/api";
import { Avatar, Button, cx } from "@rapport/ui";
import { useQuery } from "@tanstack/react-query";
import { Check, UserRoundX } from "lucide-react";
import { useId, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/app/session";
import { usersQuery } from "@/data/queries";

/** Me first, then who is online, then the rest by name. */
function ordered(users: readonly User[], myId: string, search: string): User[] {
  const wanted = search.trim().toLocaleLowerCase();
  return users
    .filter((user) => user.active && user.role !== "read_only")
    .filter((user) => user.name.toLocaleLowerCase().includes(wanted))
    .sort(
      (a, b) =>
        Number(b.id === myId) - Number(a.id === myId) ||
        Number(b.online) - Number(a.online) ||
        a.name.localeCompare(b.name),
    );
}

export interface PersonPickerProps {
  /** Who is assigned now, where that is one person. */
  current: PersonReference | null;
  mayUnassign: boolean;
  onChoose: (person: User | null) => void;
}

export function PersonPicker({ current, mayUnassign, onChoose }: PersonPickerProps) {
  const { t } = useTranslation();
  const me = useMe();
  const listId = useId();
  const { data: users = [] } = useQuery(usersQuery);
  const [search, setSearch] = useState("");
  const [active, setActive] = useState(0);
  const people = useMemo(() => ordered(users, me.user.id, search), [users, me.user.id, search]);

  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && people.length > 0) {
      event.preventDefault();
      setActive((active + step + people.length) % people.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const person = people[active];
      if (person) onChoose(person);
    }
  };

  return (
    <div>
      <input
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={people[active] ? `${listId}-${active}` : undefined}
        aria-label={t("assign.search")}
        placeholder={t("assign.search")}
        value={search}
        onChange={(event) => {
          setSearch(event.target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
        className="h-11 w-full border-b border-line bg-transparent px-3.5 text-body outline-none max-sm:text-[16px]"
      />
      <div
        id={listId}
        role="listbox"
        aria-label={t("assign.people")}
        className="scroll-thin max-h-72 p-1"
      >
        {people.map((user, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the search field above handles the keys.
          // biome-ignore lint/a11y/useFocusableInteractive: options are pointed at with aria-activedescendant.
          <div
            key={user.id}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={index === active}
            onClick={() => onChoose(user)}
            onPointerMove={() => setActive(index)}
            className={cx(
              "flex h-10 cursor-pointer items-center gap-2.5 rounded-control px-2.5",
              index === active && "bg-hover",
            )}
          >
            <span className="relative">
              <Avatar id={user.id} name={user.name} size="small" />
              {user.online ? (
                <span className="absolute -end-0.5 -bottom-0.5 size-2.5 rounded-full border-2 border-raised bg-success" />
              ) : null}
            </span>
            <span className="min-w-0 flex-1 truncate">
              {user.id === me.user.id ? t("assign.me", { name: user.name }) : user.name}
            </span>
            <span className="text-micro text-text-3">
              {user.online ? t("assign.online") : t("assign.offline")}
            </span>
            {user.id === current?.id ? <Check className="size-4 text-accent" /> : null}
          </div>
        ))}
      </div>
      {people.length === 0 ? (
        <p className="px-4 pb-4 text-small text-text-3">{t("assign.nobody", { search })}</p>
      ) : null}
      {mayUnassign ? (
        <div className="border-t border-line p-1">
          <Button kind="ghost" className="w-full justify-start" onClick={() => onChoose(null)}>
            <UserRoundX className="size-4" />
            {t("action.unassign")}
          </Button>
        </div>
      ) : null}
    </div>
  );
}
