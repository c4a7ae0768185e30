/** The head of a conversation: who, about what, its state, and what can be done with it. */
import type { ConversationDetail, Viewer } from "@rapport/api";
import {
  Avatar,
  Button,
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
  Tooltip,
} from "@rapport/ui";
import {
  ArrowLeft,
  Check,
  Ellipsis,
  Hash,
  History,
  Link2,
  ListFilter,
  MailOpen,
  PanelRight,
  Pencil,
  Reply,
} from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { copy, setPriority, setStatus, setTopic } from "@/actions/commands";
import { useAction, useActionContext } from "@/actions/use-actions";
import { afterFocusReturns, focusTimeline } from "@/app/focus";
import { useOverlay } from "@/app/overlays";
import { focusMode } from "@/app/preferences";
import { useStore } from "@/app/store";
import { priorities, statuses } from "@/data/list-query";
import { AssignPopover } from "./assign-popover";

export interface HeaderProps {
  detail: ConversationDetail;
  viewers: readonly Viewer[];
  onBack: () => void;
}

export function ConversationHeader({ detail, viewers, onBack }: HeaderProps) {
  const { t } = useTranslation();
  const focused = useStore(focusMode);
  const drawer = useAction("view.toggle_drawer");
  const closed = detail.status === "closed";
  const name = detail.contact?.display_name ?? t("contact.nobody");
  return (
    <header
      className={cx(
        "@container flex h-14 shrink-0 items-center gap-1 border-b border-line ps-2 pe-2 sm:ps-5 sm:pe-3",
        closed && "bg-surface",
      )}
    >
      <IconButton
        label={t(focused ? "conversation.leave_focus" : "conversation.back")}
        icon={<ArrowLeft className="size-5 rtl:rotate-180" />}
        onClick={focused ? () => focusMode.set(false) : onBack}
        className={cx(!focused && "lg:hidden")}
      />
      <div className="min-w-0 flex-1">
        <div className="flex items-center gap-2">
          <h2 className="truncate text-heading" title={name}>
            {name}
          </h2>
          <Tooltip label={t("action.copy_number")}>
            <button
              type="button"
              onClick={() => void copy(`#${detail.number}`, t("toast.number_copied"))}
              className="-my-1 min-h-6 shrink-0 rounded-chip px-0.5 text-small text-text-3 tabular-nums hover:text-text max-sm:hidden"
            >
              #{detail.number}
            </button>
          </Tooltip>
        </div>
        <Topic detail={detail} />
      </div>
      <Viewers viewers={viewers} />
      <div className="flex shrink-0 items-center gap-0.5">
        <PriorityMenu detail={detail} />
        <StatusMenu detail={detail} />
        <AssignPopover conversation={detail} />
        <CloseButton />
        <MoreMenu />
        <IconButton
          label={t("action.toggle_drawer")}
          shortcut={drawer.shortcut}
          icon={<PanelRight className="size-4 rtl:-scale-x-100" />}
          onClick={drawer.run}
          className="max-sm:hidden"
        />
      </div>
    </header>
  );
}

function Topic({ detail }: { detail: ConversationDetail }) {
  const { t } = useTranslation();
  const context = useActionContext();
  const [editing, setEditing] = useState(false);
  const [value, setValue] = useState(detail.topic);
  const shown = detail.subject || detail.topic;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another conversation ends the edit.
  useEffect(() => setEditing(false), [detail.id]);
  const editable =
    detail.status !== "closed" && context.me.permissions.includes("conversation.edit");
  if (!editing) {
    return (
      <div className="group/topic flex items-center gap-1">
        <span className="truncate text-small text-text-2">{shown}</span>
        {editable ? (
          <button
            type="button"
            aria-label={t("conversation.edit_topic")}
            onClick={() => {
              setValue(detail.topic);
              setEditing(true);
            }}
            className="rounded-chip p-1 text-text-3 opacity-0 group-hover/topic:opacity-100 hover:text-text focus-visible:opacity-100"
          >
            <Pencil className="size-3" />
          </button>
        ) : null}
      </div>
    );
  }
  const save = () => {
    setEditing(false);
    const topic = value.trim();
    if (topic && topic !== detail.topic) void setTopic(context, detail, topic);
  };
  return (
    <input
      // The field appears because its button was pressed, so it must take over the focus.
      // biome-ignore lint/a11y/noAutofocus: see above.
      autoFocus
      aria-label={t("field.topic")}
      value={value}
      maxLength={200}
      onChange={(event) => setValue(event.target.value)}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.key === "Enter") save();
        if (event.key === "Escape") setEditing(false);
      }}
      className="-ms-1.5 h-6 w-full max-w-96 rounded-chip px-1.5 text-small shadow-[inset_0_0_0_1px_var(--control)] outline-none focus:shadow-[inset_0_0_0_2px_var(--accent)]"
    />
  );
}

function Viewers({ viewers }: { viewers: readonly Viewer[] }) {
  const { t } = useTranslation();
  if (viewers.length === 0) return null;
  return (
    <ul
      className="flex shrink-0 -space-x-1.5 px-1 max-sm:hidden rtl:space-x-reverse"
      aria-label={t("presence.label")}
    >
      {viewers.slice(0, 4).map((viewer) => {
        const words = t(
          viewer.state === "typing"
            ? viewer.mode === "note"
              ? "presence.writing_note"
              : "presence.writing_reply"
            : viewer.state === "idle"
              ? "presence.idle"
              : "presence.viewing",
          { name: viewer.user.name },
        );
        return (
          <li key={viewer.user.id} className="relative">
            <Tooltip label={words}>
              <span className="relative block rounded-full ring-2 ring-bg">
                <Avatar
                  id={viewer.user.id}
                  name={viewer.user.name}
                  size="small"
                  className={cx(viewer.state === "idle" && "opacity-50")}
                />
                <span className="sr-only">{words}</span>
              </span>
            </Tooltip>
            {viewer.state === "typing" ? (
              <Pencil className="absolute -end-1 -bottom-1 size-3.5 rounded-full bg-accent p-0.5 text-on-accent" />
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}

/** On a phone the menu of the dots opens these; their own button is only where they hang. */
const onPhoneOnlyAPlace =
  "max-sm:invisible max-sm:!w-0 max-sm:!min-w-0 max-sm:overflow-hidden max-sm:!p-0";

/** A button that cannot be seen cannot take the focus back. */
function giveFocusBack(event: Event) {
  if (window.innerWidth >= 640) return;
  event.preventDefault();
  focusTimeline();
}

function StatusMenu({ detail }: { detail: ConversationDetail }) {
  const { t } = useTranslation();
  const [open, setOpen] = useOverlay("status");
  const context = useActionContext();
  const action = useAction("conversation.status");
  const mayClose = useAction("conversation.close");
  const label = t(`status.${detail.status}`);
  if (!action.shown || action.reason) {
    return (
      <span className="flex items-center gap-1.5 px-2 text-body font-medium text-text-2">
        <StatusIcon status={detail.status} />
        <span className="@max-3xl:sr-only">{label}</span>
      </span>
    );
  }
  return (
    <Menu open={open} onOpenChange={setOpen}>
      <Tooltip label={t("action.status")} shortcut={action.shortcut}>
        <MenuTrigger asChild>
          <Button
            kind="ghost"
            className={cx("px-2", onPhoneOnlyAPlace)}
            aria-label={t("conversation.status_is", { status: label })}
          >
            <StatusIcon status={detail.status} />
            <span className="@max-3xl:hidden">{label}</span>
          </Button>
        </MenuTrigger>
      </Tooltip>
      <MenuContent align="end" className="w-72" onCloseAutoFocus={giveFocusBack}>
        <MenuLabel>{t("field.status")}</MenuLabel>
        {statuses
          .filter((status) => status !== "closed" || mayClose.shown)
          .map((status) => (
            <MenuItem
              key={status}
              icon={<StatusIcon status={status} />}
              hint={t(`status.${status}_means`)}
              checked={status === detail.status}
              onSelect={() => void setStatus(context, detail, status)}
            >
              {t(`status.${status}`)}
            </MenuItem>
          ))}
      </MenuContent>
    </Menu>
  );
}

function PriorityMenu({ detail }: { detail: ConversationDetail }) {
  const { t } = useTranslation();
  const [open, setOpen] = useOverlay("priority");
  const context = useActionContext();
  const action = useAction("conversation.priority");
  const label = t(`priority.${detail.priority}`);
  if (!action.shown || action.reason) return null;
  return (
    <Menu open={open} onOpenChange={setOpen}>
      <MenuTrigger asChild>
        <IconButton
          label={t("conversation.priority_is", { priority: label })}
          shortcut={action.shortcut}
          icon={<PriorityIcon priority={detail.priority} />}
          className={onPhoneOnlyAPlace}
        />
      </MenuTrigger>
      <MenuContent align="end" onCloseAutoFocus={giveFocusBack}>
        <MenuLabel>{t("field.priority")}</MenuLabel>
        {priorities.map((priority) => (
          <MenuItem
            key={priority}
            icon={<PriorityIcon priority={priority} />}
            checked={priority === detail.priority}
            onSelect={() => void setPriority(context, detail, priority)}
          >
            {t(`priority.${priority}`)}
          </MenuItem>
        ))}
      </MenuContent>
    </Menu>
  );
}

function CloseButton() {
  const { t } = useTranslation();
  const close = useAction("conversation.close");
  if (!close.shown || close.reason) return null;
  return (
    <Tooltip label={t("action.close")} shortcut={close.shortcut}>
      <Button onClick={close.run} className="mx-1 px-2.5" aria-label={t("action.close")}>
        <Check className="size-4" />
        <span className="@max-xl:hidden">{t("action.close_short")}</span>
      </Button>
    </Tooltip>
  );
}

function MoreMenu() {
  const { t } = useTranslation();
  const [open, setOpen] = useOverlay("more");
  return (
    <Menu open={open} onOpenChange={setOpen}>
      <MenuTrigger asChild>
        <IconButton label={t("action.more")} shortcut="." icon={<Ellipsis className="size-4" />} />
      </MenuTrigger>
      <MenuContent align="end" className="w-64">
        <ActionItem id="conversation.status" icon={<StatusIcon status="open" />} smallOnly />
        <ActionItem id="conversation.priority" icon={<PriorityIcon priority="high" />} smallOnly />
        <ActionItem id="conversation.follow_up" icon={<Reply className="size-4" />} />
        <ActionItem id="conversation.mark_unread" icon={<MailOpen className="size-4" />} />
        <ActionItem id="conversation.contact_history" icon={<History className="size-4" />} />
        {(["all", "messages", "notes", "activity"] as const).map((show) => (
          <ActionItem
            key={show}
            id={`timeline.show_${show}`}
            icon={<ListFilter className="size-4" />}
            smallOnly
            touchOnly
          />
        ))}
        <ActionItem
          id="view.toggle_drawer"
          icon={<PanelRight className="size-4 rtl:-scale-x-100" />}
          smallOnly
        />
        <MenuSeparator />
        <ActionItem id="conversation.copy_link" icon={<Link2 className="size-4" />} />
        <ActionItem id="conversation.copy_number" icon={<Hash className="size-4" />} />
      </MenuContent>
    </Menu>
  );
}

function ActionItem({
  id,
  icon,
  smallOnly,
  touchOnly,
}: {
  id: string;
  icon: React.ReactNode;
  smallOnly?: boolean;
  /** Also where a screen is larger but has no room for a button that a finger can hit. */
  touchOnly?: boolean;
}) {
  const { t } = useTranslation();
  const bound = useAction(id);
  if (!bound.shown) return null;
  return (
    <MenuItem
      icon={icon}
      shortcut={bound.shortcut}
      disabled={bound.reason !== null}
      hint={bound.reason ?? undefined}
      onSelect={() => afterFocusReturns(bound.run)}
      className={cx(smallOnly && (touchOnly ? "sm:pointer-fine:hidden" : "sm:hidden"))}
    >
      {t(`action.${id.split(".")[1]}`)}
    </MenuItem>
  );
}
