/** The command menu: what can be done comes first, then what can be found. */
import { api, type SearchResult } from "@rapport/api";
import { ChannelIcon, Kbd } from "@rapport/ui";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { MessageSquareText, Search, UserRound } from "lucide-react";
import { useDeferredValue } from "react";
import { useTranslation } from "react-i18next";
import { type Action, allActions, availability, start } from "@/actions/registry";
import { useActionContext } from "@/actions/use-actions";
import { afterFocusReturns } from "@/app/focus";
import { useOverlay } from "@/app/overlays";
import { paletteText } from "@/app/palette-text";
import { picked } from "@/app/selection";
import { useStore } from "@/app/store";
import { keys } from "@/data/keys";
import { Snippet } from "@/data/snippet";
import { paletteScore } from "./score";

/** How the values of entries begin that are ranked by where they come from and not by their words. */
const impossible = "-";
const found = "found ";
const everything = "search everything";

/** Letters that happen to follow each other somewhere are no answer, so cmdk's own rule is not used. */
function rank(value: string, typed: string, texts: string[] = []): number {
  // What was found comes after actions that can be done, in the order of the server.
  if (value === everything) return 0.25;
  if (value.startsWith(found)) return 0.2;
  return paletteScore(typed, texts, !value.startsWith(impossible));
}

const itemClass =
  "flex min-h-10 cursor-default items-center gap-3 rounded-control px-3 py-1.5 text-body outline-none data-[disabled=true]:opacity-50 data-[selected=true]:bg-hover [&_svg]:size-4 [&_svg]:shrink-0";
const headingClass =
  "[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-3 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-micro [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-text-3";

export default function CommandPalette() {
  const { t } = useTranslation();
  const [open, setOpen] = useOverlay("palette");
  const text = useStore(paletteText);
  const change = (next: boolean) => {
    setOpen(next);
    if (!next) paletteText.set("");
  };
  return (
    <Command.Dialog
      open={open}
      onOpenChange={change}
      label={t("palette.label")}
      loop
      filter={rank}
      overlayClassName="fixed inset-0 z-50 animate-fade bg-scrim"
      contentClassName="fixed inset-x-3 top-[12vh] z-50 mx-auto max-w-xl animate-pop overflow-hidden rounded-popover bg-raised text-text shadow-dialog outline-none"
    >
      <div className="flex items-center gap-3 border-b border-line px-4">
        <Search className="size-4 text-text-3" />
        <Command.Input
          // With the focus here before the dialog looks for its own, what was typed is not selected.
          autoFocus
          value={text}
          onValueChange={paletteText.set}
          placeholder={t("palette.placeholder")}
          className="h-13 w-full bg-transparent text-reading outline-none max-sm:text-[16px]"
        />
      </div>
      <Command.List className="scroll-thin max-h-[min(26rem,60vh)] p-1.5">
        <Command.Empty className="px-4 py-8 text-center text-body text-text-3">
          {t("palette.empty")}
        </Command.Empty>
        <Actions onDone={() => change(false)} />
        {text.trim().length > 1 ? <Found text={text.trim()} onDone={() => change(false)} /> : null}
      </Command.List>
    </Command.Dialog>
  );
}

function Actions({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const context = useActionContext();
  const picks = useStore(picked).size;
  const groups: { id: string; actions: { action: Action; reason: string | null }[] }[] = [];
  for (const action of allActions()) {
    if (action.keyOnly) continue;
    const allowed = availability(action, context);
    if (allowed === false) continue;
    const id =
      picks > 0 && action.bulk
        ? "picked"
        : action.group === "conversation" || action.group === "compose"
          ? "conversation"
          : "go";
    let group = groups.find((other) => other.id === id);
    if (!group) {
      group = { id, actions: [] };
      groups.push(group);
    }
    group.actions.push({ action, reason: allowed === true ? null : allowed });
  }
  const who = context.conversation?.contact?.display_name;
  return groups.map((group) => (
    <Command.Group
      key={group.id}
      heading={
        group.id === "picked"
          ? t("palette.picked", { count: picks })
          : group.id === "conversation" && who
            ? who
            : t(`palette.${group.id}`)
      }
      className={headingClass}
    >
      {group.actions.map(({ action, reason }) => (
        <Command.Item
          key={action.id}
          value={reason === null ? action.id : impossible + action.id}
          keywords={[t(action.label), action.keywords ? t(action.keywords) : ""]}
          disabled={reason !== null}
          onSelect={() => {
            onDone();
            afterFocusReturns(() => start(action, context));
          }}
          className={itemClass}
        >
          <span className="min-w-0 flex-1">
            <span className="block truncate">{t(action.label)}</span>
            {reason ? <span className="block text-micro text-text-3">{reason}</span> : null}
          </span>
          {action.shortcut ? <Kbd keys={action.shortcut} className="text-text-3" /> : null}
        </Command.Item>
      ))}
    </Command.Group>
  ));
}

function Found({ text, onDone }: { text: string; onDone: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const wanted = useDeferredValue(text);
  const { data } = useQuery({
    queryKey: keys.search(wanted, "quick"),
    queryFn: ({ signal }) => api.search({ q: wanted, limit: 8 }, signal),
    staleTime: 20_000,
  });
  const choose = (result: SearchResult) => {
    onDone();
    if (result.contact && result.type === "contact") {
      void navigate({ to: "/contacts/$contactId", params: { contactId: result.contact.id } });
    } else if (result.conversation) {
      void navigate({
        to: "/inbox/$view/{-$conversationId}",
        params: { view: "all", conversationId: result.conversation.id },
        hash: result.message_id ?? undefined,
      });
    }
  };
  return (
    <Command.Group heading={t("palette.found")} className={headingClass}>
      <Command.Item
        value={everything}
        onSelect={() => {
          onDone();
          void navigate({ to: "/search", search: { q: text } });
        }}
        className={itemClass}
      >
        <Search className="text-text-3" />
        <span className="truncate">{t("palette.search_all", { text })}</span>
      </Command.Item>
      {data?.data.map((result, index) => (
        <Command.Item
          key={`${result.type}${result.message_id ?? result.contact?.id ?? result.conversation?.id ?? index}`}
          value={`${found}${index}`}
          onSelect={() => choose(result)}
          className={itemClass}
        >
          {result.type === "contact" ? (
            <UserRound className="text-text-3" />
          ) : result.conversation ? (
            <ChannelIcon channel={result.conversation.channel} />
          ) : (
            <MessageSquareText className="text-text-3" />
          )}
          <span className="min-w-0 flex-1">
            <span className="block truncate">
              {result.contact?.display_name ??
                result.conversation?.contact?.display_name ??
                result.conversation?.topic}
            </span>
            <Snippet text={result.snippet} className="block truncate text-micro text-text-3" />
          </span>
        </Command.Item>
      ))}
    </Command.Group>
  );
}
