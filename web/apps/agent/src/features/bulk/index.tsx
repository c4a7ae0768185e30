/** The bar under the list while rows are picked: how many, and what to do with them. */
import "@/i18n/bulk";
import type { Conversation } from "@rapport/api";
import {
  Button,
  IconButton,
  Menu,
  MenuContent,
  MenuItem,
  MenuLabel,
  MenuTrigger,
  Popover,
  PopoverContent,
  PopoverTrigger,
  PriorityIcon,
  StatusIcon,
  Tooltip,
} from "@rapport/ui";
import { Check, Flag, Mail, MailOpen, UserCheck, UserPlus, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { mayBulk } from "@/actions/registry";
import { useActionContext } from "@/actions/use-actions";
import { focusList } from "@/app/focus";
import { shownIds } from "@/app/inbox-state";
import { type BulkKind, bulkRequest, clearPicks, pickAll, picked } from "@/app/selection";
import { useStore } from "@/app/store";
import { findConversation } from "@/data/cache";
import { priorities, statuses } from "@/data/list-query";
import { PersonPicker } from "@/people/person-picker";
import {
  assignTo,
  closeThem,
  markThemRead,
  markThemUnread,
  setPriorityTo,
  setStatusTo,
} from "./bulk-acts";
import { Progress, Refusals } from "./outcome";
import { type Bulk, useBulk } from "./use-bulk";

type Panel = "assign" | "status" | "priority";

export default function BulkBar() {
  const { t } = useTranslation();
  const context = useActionContext();
  const picks = useStore(picked);
  const loaded = useStore(shownIds).length;
  const bulk = useBulk(context);
  const [panel, setPanel] = useState<Panel | null>(null);
  const conversations = [...picks].flatMap((id) => findConversation(context.cache, id) ?? []);
  useRequests(bulk, setPanel);

  return (
    <section
      aria-label={t("bulk.label")}
      className="shrink-0 border-t border-line bg-raised px-3 py-2 shadow-[0_-4px_16px_rgb(15_18_24/0.08)]"
    >
      <Refusals bulk={bulk} onOpen={(id) => context.navigation.openConversation(id)} />
      {bulk.running ? <Progress running={bulk.running} onStop={bulk.stop} /> : null}
      {bulk.running || picks.size === 0 ? null : (
        <>
          <div className="flex h-8 items-center gap-1 pointer-coarse:h-11">
            <p
              role="status"
              className="min-w-0 flex-1 truncate text-body font-semibold tabular-nums"
            >
              {t("bulk.picked", { count: picks.size })}
            </p>
            {picks.size < loaded ? (
              <Button kind="ghost" size="small" onClick={pickAll}>
                {t("bulk.pick_all", { count: loaded })}
              </Button>
            ) : null}
            <IconButton
              label={t("bulk.clear")}
              shortcut="escape"
              side="top"
              icon={<X className="size-4" />}
              onClick={() => {
                clearPicks();
                focusList();
              }}
            />
          </div>
          <Controls bulk={bulk} conversations={conversations} panel={panel} onPanel={setPanel} />
        </>
      )}
    </section>
  );
}

/** Keys and the command menu ask for the same things that the buttons do. */
function useRequests(bulk: Bulk, onPanel: (panel: Panel) => void) {
  const { t } = useTranslation();
  const { me } = useActionContext();
  const request = useStore(bulkRequest);
  const handled = useRef(request.count);
  const busy = bulk.running !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new request is to be acted on.
  useEffect(() => {
    if (handled.current === request.count) return;
    handled.current = request.count;
    if (busy || !request.kind) return;
    const direct: Partial<Record<BulkKind, () => void>> = {
      assign_to_me: () => bulk.run(assignTo(me.user, me.user.id)),
      unassign: () => bulk.run(assignTo(null, me.user.id)),
      close: () => bulk.run(closeThem),
      solve: () => bulk.run(setStatusTo("solved", t("status.solved"))),
      wait: () => bulk.run(setStatusTo("waiting", t("status.waiting"))),
      mark_read: () => bulk.run(markThemRead),
      mark_unread: () => bulk.run(markThemUnread),
      assign: () => onPanel("assign"),
      status: () => onPanel("status"),
      priority: () => onPanel("priority"),
    };
    direct[request.kind]?.();
  }, [request]);
}

interface ControlsProps {
  bulk: Bulk;
  conversations: readonly Conversation[];
  panel: Panel | null;
  onPanel: (panel: Panel | null) => void;
}

function Controls({ bulk, conversations, panel, onPanel }: ControlsProps) {
  const { t } = useTranslation();
  const { me } = useActionContext();
  const may = (kind: BulkKind) => mayBulk(me, kind);
  const unread = conversations.some((conversation) => conversation.unread_count > 0);
  const opens = (name: Panel) => ({
    open: panel === name,
    onOpenChange: (open: boolean) => onPanel(open ? name : null),
  });
  return (
    <div role="toolbar" aria-label={t("bulk.actions")} className="mt-1 flex items-center gap-0.5">
      {may("close") ? (
        <Tooltip label={t("bulk.close")} shortcut="e" side="top">
          <Button
            kind="primary"
            className="me-1"
            aria-label={t("bulk.close_count", { count: conversations.length })}
            onClick={() => bulk.run(closeThem)}
          >
            <Check className="size-4" />
            {t("bulk.close")}
          </Button>
        </Tooltip>
      ) : null}
      {may("assign_to_me") && me.user.role !== "read_only" ? (
        <IconButton
          label={t("bulk.assign_to_me")}
          shortcut="i"
          side="top"
          icon={<UserCheck className="size-4" />}
          onClick={() => bulk.run(assignTo(me.user, me.user.id))}
        />
      ) : null}
      {may("assign") ? (
        <Popover {...opens("assign")}>
          <PopoverTrigger asChild>
            <IconButton
              label={t("bulk.assign")}
              shortcut="a"
              side="top"
              icon={<UserPlus className="size-4" />}
            />
          </PopoverTrigger>
          <PopoverContent
            side="top"
            align="start"
            className="w-72 p-0"
            aria-label={t("bulk.assign")}
          >
            <PersonPicker
              current={null}
              mayUnassign={conversations.some((conversation) => conversation.assignee)}
              onChoose={(person) => {
                onPanel(null);
                bulk.run(assignTo(person, me.user.id));
              }}
            />
          </PopoverContent>
        </Popover>
      ) : null}
      {may("status") ? (
        <Menu {...opens("status")}>
          <MenuTrigger asChild>
            <IconButton
              label={t("bulk.status")}
              shortcut="s"
              side="top"
              icon={<StatusIcon status="waiting" />}
            />
          </MenuTrigger>
          <MenuContent side="top" align="start" className="w-72">
            <MenuLabel>{t("field.status")}</MenuLabel>
            {statuses
              .filter((status) => status !== "closed" || may("close"))
              .map((status) => (
                <MenuItem
                  key={status}
                  icon={<StatusIcon status={status} />}
                  hint={t(`status.${status}_means`)}
                  onSelect={() => bulk.run(setStatusTo(status, t(`status.${status}`)))}
                >
                  {t(`status.${status}`)}
                </MenuItem>
              ))}
          </MenuContent>
        </Menu>
      ) : null}
      {may("priority") ? (
        <Menu {...opens("priority")}>
          <MenuTrigger asChild>
            <IconButton
              label={t("bulk.priority")}
              shortcut="p"
              side="top"
              icon={<Flag className="size-4" />}
            />
          </MenuTrigger>
          <MenuContent side="top" align="start">
            <MenuLabel>{t("field.priority")}</MenuLabel>
            {priorities.map((priority) => (
              <MenuItem
                key={priority}
                icon={<PriorityIcon priority={priority} />}
                onSelect={() => bulk.run(setPriorityTo(priority, t(`priority.${priority}`)))}
              >
                {t(`priority.${priority}`)}
              </MenuItem>
            ))}
          </MenuContent>
        </Menu>
      ) : null}
      <IconButton
        label={t(unread ? "bulk.mark_read" : "bulk.mark_unread")}
        shortcut={unread ? undefined : "u"}
        side="top"
        icon={unread ? <MailOpen className="size-4" /> : <Mail className="size-4" />}
        onClick={() => bulk.run(unread ? markThemRead : markThemUnread)}
      />
    </div>
  );
}
