/** `@name` in notes: suggestions while typing, and who is meant when the note is added. */
import type { User } from "@rapport/api";
import { Avatar, cx } from "@rapport/ui";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { usersQuery } from "@/data/queries";

export interface Mentions {
  users: readonly User[];
  suggestions: readonly User[];
  active: number;
  choose: (user: User) => void;
  onKeyDown: (event: React.KeyboardEvent<HTMLTextAreaElement>) => void;
}

const openMention = /(?:^|\s)@([\p{L}\p{N}.-]*)$/u;

export function useMentions(
  enabled: boolean,
  text: string,
  onText: (text: string) => void,
): Mentions {
  const { data: users = [] } = useQuery(usersQuery);
  const [active, setActive] = useState(0);
  const typed = enabled ? openMention.exec(text)?.[1]?.toLocaleLowerCase() : undefined;
  const suggestions =
    typed === undefined
      ? []
      : users
          .filter((user) => user.active && user.name.toLocaleLowerCase().includes(typed))
          .slice(0, 6);
  const current = Math.min(active, Math.max(0, suggestions.length - 1));
  const choose = (user: User) => {
    onText(text.replace(/@[\p{L}\p{N}.-]*$/u, `@${user.name} `));
    setActive(0);
  };
  return {
    users,
    suggestions,
    active: current,
    choose,
    onKeyDown: (event) => {
      if (suggestions.length === 0) return;
      const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      const plainEnter = event.key === "Enter" && !event.ctrlKey && !event.metaKey;
      if (step !== 0) {
        event.preventDefault();
        setActive((current + step + suggestions.length) % suggestions.length);
      } else if (plainEnter || event.key === "Tab") {
        event.preventDefault();
        const user = suggestions[current];
        if (user) choose(user);
      }
    },
  };
}

export function MentionList({ mentions }: { mentions: Mentions }) {
  const { t } = useTranslation();
  if (mentions.suggestions.length === 0) return null;
  return (
    <div
      role="listbox"
      aria-label={t("mentions.label")}
      className="absolute start-3 bottom-full z-40 mb-1 w-64 rounded-popover bg-raised p-1 text-text shadow-popover"
    >
      {mentions.suggestions.map((user, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the text field handles the keys.
        // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the text field.
        <div
          key={user.id}
          role="option"
          aria-selected={index === mentions.active}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => mentions.choose(user)}
          className={cx(
            "flex h-9 cursor-pointer items-center gap-2 rounded-control px-2",
            index === mentions.active && "bg-hover",
          )}
        >
          <Avatar id={user.id} name={user.name} size="small" />
          <span className="truncate">{user.name}</span>
        </div>
      ))}
    </div>
  );
}
