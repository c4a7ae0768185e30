/** Who should answer: search, me first, then those online. One press assigns. */
import type { Conversation, User } from "@rapport/api";
import { Avatar, Button, cx, Popover, PopoverContent, PopoverTrigger, Tooltip } from "@rapport/ui";
import { useQuery } from "@tanstack/react-query";
import { Check, UserPlus, UserRoundX } from "lucide-react";
import { useId, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { assign } from "@/actions/commands";
import { useAction, useActionContext } from "@/actions/use-actions";
import { useOverlay } from "@/app/overlays";
import { useMe } from "@/app/session";
import { usersQuery } from "@/data/queries";

export function AssignPopover({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const [open, setOpen] = useOverlay("assign");
  const action = useAction("conversation.assign");
  const { assignee } = conversation;
  if (!action.shown) return <AssigneeLabel conversation={conversation} />;
  const words = assignee ? t("assign.assigned_to", { name: assignee.name }) : t("action.assign");
  return (
    <Popover open={open} onOpenChange={(next) => setOpen(next && action.reason === null)}>
      <Tooltip
        label={action.reason ?? words}
        shortcut={action.reason ? undefined : action.shortcut}
      >
        <PopoverTrigger asChild>
          <Button
            kind="ghost"
            className="px-2"
            aria-label={words}
            aria-disabled={action.reason ? true : undefined}
            aria-description={action.reason ?? undefined}
          >
            {assignee ? (
              <Avatar id={assignee.id} name={assignee.name} size="tiny" />
            ) : (
              <UserPlus className="size-4" />
            )}
            <span className="max-w-32 truncate @max-3xl:hidden">
              {assignee ? assignee.name : t("action.assign")}
            </span>
          </Button>
        </PopoverTrigger>
      </Tooltip>
      <PopoverContent align="end" className="w-72 p-0" aria-label={t("assign.title")}>
        <PersonPicker conversation={conversation} onDone={() => setOpen(false)} />
      </PopoverContent>
    </Popover>
  );
}

function AssigneeLabel({ conversation }: { conversation: Conversation }) {
  const { assignee } = conversation;
  if (!assignee) return null;
  return (
    <span className="flex items-center gap-1.5 px-2 text-body text-text-2">
      <Avatar id={assignee.id} name={assignee.name} size="tiny" />
      <span className="@max-3xl:sr-only">{assignee.name}</span>
    </span>
  );
}

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

export function PersonPicker({
  conversation,
  onDone,
}: {
  conversation: Conversation;
  onDone: () => void;
}) {
  const { t } = useTranslation();
  const me = useMe();
  const context = useActionContext();
  const listId = useId();
  const { data: users = [] } = useQuery(usersQuery);
  const [search, setSearch] = useState("");
  const [active, setActive] = useState(0);
  const people = useMemo(() => ordered(users, me.user.id, search), [users, me.user.id, search]);

  const choose = (user: User | null) => {
    onDone();
    if (user?.id === conversation.assignee?.id) return;
    void assign(context, conversation, user);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && people.length > 0) {
      event.preventDefault();
      setActive((active + step + people.length) % people.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const person = people[active];
      if (person) choose(person);
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
            onClick={() => choose(user)}
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
            {user.id === conversation.assignee?.id ? (
              <Check className="size-4 text-accent" />
            ) : null}
          </div>
        ))}
      </div>
      {people.length === 0 ? (
        <p className="px-4 pb-4 text-small text-text-3">{t("assign.nobody", { search })}</p>
      ) : null}
      {conversation.assignee ? (
        <div className="border-t border-line p-1">
          <Button kind="ghost" className="w-full justify-start" onClick={() => choose(null)}>
            <UserRoundX className="size-4" />
            {t("action.unassign")}
          </Button>
        </div>
      ) : null}
    </div>
  );
}
