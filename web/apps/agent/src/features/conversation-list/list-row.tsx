/** One conversation in the list. Drawn again only when what it shows has changed. */
import type { Conversation, Viewer } from "@rapport/api";
import { Avatar, ChannelIcon, cx, OmnichannelIcon, PriorityIcon, StatusIcon } from "@rapport/ui";
import { Check, CornerUpLeft, Pencil, StickyNote } from "lucide-react";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import { capped, fullTime, shortTime } from "@/i18n/format";
import type { RowAct, RowActKind } from "./row-acts";
import { rowActIcons } from "./row-menu";
import { accessibleName, nameOf, type Preview, previewOf, titleOf } from "./row-text";

export interface ListRowProps {
  conversation: Conversation;
  selected: boolean;
  /** Chosen for doing something to several at once. */
  picked: boolean;
  /** Whether any row is picked; then each shows its box. */
  picking: boolean;
  /** Where the keys stand, if that is not the open conversation. */
  pointedAt: boolean;
  myName: string;
  now: number;
  typing: boolean;
  viewers: readonly Viewer[];
  showAssignee: boolean;
  position: number;
  total: number;
  onOpen: (id: string) => void;
  onPick: (id: string, range: boolean) => void;
  onIntent: (id: string) => void;
  actsOf: (conversation: Conversation) => RowAct[];
  onAct: (conversation: Conversation, kind: RowActKind) => void;
}

export const optionId = (id: string) => `row-${id}`;

export const ListRow = memo(function ListRow({
  conversation,
  selected,
  picked,
  picking,
  pointedAt,
  myName,
  now,
  typing,
  viewers,
  showAssignee,
  position,
  total,
  onOpen,
  onPick,
  onIntent,
  actsOf,
  onAct,
}: ListRowProps) {
  const [pointedByMouse, setPointedByMouse] = useState(false);
  const actsShown = pointedByMouse && !picking;
  const preview = previewOf(conversation, myName, typing);
  const unread = conversation.unread_count > 0;
  const name = nameOf(conversation);
  const title = titleOf(conversation);
  const urgent = conversation.priority === "high" || conversation.priority === "urgent";
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox around the options handles the keys.
    // biome-ignore lint/a11y/useFocusableInteractive: options are pointed at with aria-activedescendant.
    <div
      role="option"
      id={optionId(conversation.id)}
      aria-selected={picking ? picked : selected}
      aria-current={selected ? "true" : undefined}
      aria-posinset={position}
      aria-setsize={total}
      aria-label={accessibleName(conversation, preview, viewers, now)}
      onMouseDown={(event) => {
        // A range of rows is meant, not a range of text.
        if (event.shiftKey) event.preventDefault();
      }}
      onClick={(event) => {
        const several = event.shiftKey || event.ctrlKey || event.metaKey;
        if (several) onPick(conversation.id, event.shiftKey);
        else onOpen(conversation.id);
      }}
      onPointerEnter={(event) => {
        onIntent(conversation.id);
        setPointedByMouse(event.pointerType === "mouse");
      }}
      onPointerLeave={() => setPointedByMouse(false)}
      data-id={conversation.id}
      className={cx(
        "group/row relative mx-2 flex h-full cursor-pointer gap-3 rounded-card px-2.5 py-2.5 transition-colors duration-75 compact:py-1.5",
        picked || (selected && !picking) ? "bg-accent-soft" : "hover:bg-hover",
        (pointedAt || (selected && picking)) && "shadow-[inset_0_0_0_2px_var(--accent)]",
      )}
    >
      {conversation.requires_action ? (
        <span className="absolute inset-y-2 start-0 w-[3px] rounded-full bg-warning" />
      ) : null}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys pick through the listbox. */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: as above. */}
      <span
        data-pick
        className="relative mt-0.5 h-fit"
        onClick={(event) => {
          event.stopPropagation();
          onPick(conversation.id, event.shiftKey);
        }}
      >
        <PickBox picked={picked} picking={picking} />
        <Avatar
          id={conversation.contact?.id ?? conversation.id}
          name={name}
          className="compact:size-8"
        />
        {conversation.status !== "open" ? (
          <span className="absolute -end-1 -bottom-1 z-20 rounded-full bg-surface p-px">
            <StatusIcon status={conversation.status} className="size-3.5" />
          </span>
        ) : null}
      </span>
      <div className="min-w-0 flex-1">
        <div className={cx("flex items-center gap-1.5", actsShown && "pe-20")}>
          {unread ? <span className="size-2 shrink-0 rounded-full bg-accent" /> : null}
          <span className={cx("truncate text-body", unread ? "font-semibold" : "font-medium")}>
            {name}
          </span>
          {conversation.contact?.company ? (
            <span className="min-w-0 shrink-[3] truncate text-small text-text-3">
              {conversation.contact.company}
            </span>
          ) : null}
          <span
            className={cx("ms-auto flex shrink-0 items-center gap-1.5 ps-1", actsShown && "hidden")}
          >
            {urgent ? <PriorityIcon priority={conversation.priority} className="size-3.5" /> : null}
            {conversation.channels.length > 1 ? (
              <OmnichannelIcon className="size-3.5" />
            ) : (
              <ChannelIcon channel={conversation.channel} className="size-3.5" />
            )}
            <time
              dateTime={conversation.last_activity_at}
              title={fullTime(conversation.last_activity_at)}
              className="text-micro text-text-3 tabular-nums"
            >
              {shortTime(conversation.last_activity_at, now)}
            </time>
          </span>
        </div>
        {title === null ? null : (
          <div
            className={cx(
              "truncate text-small compact:hidden",
              unread ? "font-medium text-text" : "text-text-2",
            )}
          >
            {title}
          </div>
        )}
        <div className="flex items-end gap-2">
          <PreviewText preview={preview} unread={unread} title={title} />
          <RowEnd conversation={conversation} viewers={viewers} showAssignee={showAssignee} />
        </div>
      </div>
      {actsShown ? (
        <QuickActs
          acts={actsOf(conversation)}
          onAct={(kind) => onAct(conversation, kind)}
          chosen={selected}
        />
      ) : null}
    </div>
  );
});

/** For the mouse alone: options hold no buttons, and the keys and the row's menu do the same. */
function QuickActs({
  acts,
  onAct,
  chosen,
}: {
  acts: RowAct[];
  onAct: (kind: RowActKind) => void;
  chosen: boolean;
}) {
  return (
    <span
      aria-hidden="true"
      className={cx(
        "absolute end-1.5 top-1.5 z-10 flex rounded-control bg-raised p-0.5 shadow-[0_0_0_1px_var(--line)]",
        chosen && "bg-bg",
      )}
    >
      {acts.map(({ kind, label, shortcut }) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: for the mouse alone, see above.
        // biome-ignore lint/a11y/useKeyWithClickEvents: as above.
        <span
          key={kind}
          title={shortcut ? `${label} (${shortcut.toUpperCase()})` : label}
          onMouseDown={(event) => event.preventDefault()}
          onClick={(event) => {
            event.stopPropagation();
            onAct(kind);
          }}
          className="flex size-6 items-center justify-center rounded-chip text-text-2 hover:bg-hover hover:text-text"
        >
          {rowActIcons[kind]}
        </span>
      ))}
    </span>
  );
}

/** Lies over the picture: always while rows are picked, else under the pointer. */
function PickBox({ picked, picking }: { picked: boolean; picking: boolean }) {
  return (
    <span
      aria-hidden="true"
      className={cx(
        "absolute -inset-1 z-10 flex items-center justify-center rounded-full bg-surface",
        // It has the ground of its row, so that only the box is seen.
        "group-hover/row:bg-hover group-aria-selected/row:bg-accent-soft",
        picking ? "opacity-100" : "opacity-0 pointer-fine:group-hover/row:opacity-100",
        picked && "bg-accent-soft",
      )}
    >
      <span
        className={cx(
          "flex size-5 items-center justify-center rounded-chip",
          picked ? "bg-accent text-on-accent" : "bg-bg shadow-[inset_0_0_0_1.5px_var(--control)]",
        )}
      >
        {picked ? <Check className="size-3.5" strokeWidth={3} /> : null}
      </span>
    </span>
  );
}

interface PreviewTextProps {
  preview: Preview;
  unread: boolean;
  /** Where there is none, the text takes its line too; in close rows both share one. */
  title: string | null;
}

/** What is more urgent than to know what it is about. */
const urgentKinds: readonly Preview["kind"][] = ["typing", "draft", "failed"];

function PreviewText({ preview, unread, title }: PreviewTextProps) {
  const tone = {
    typing: "text-accent-text",
    draft: "text-text-3",
    failed: "text-danger",
    note: "text-text-3",
    outbound: "text-text-3",
    inbound: unread ? "text-text-2" : "text-text-3",
    empty: "text-text-3",
  }[preview.kind];
  return (
    <span
      className={cx(
        "min-w-0 flex-1 text-small [&_svg]:me-1 [&_svg]:inline [&_svg]:size-3",
        title === null ? "line-clamp-2 [overflow-wrap:anywhere] compact:line-clamp-1" : "truncate",
        tone,
      )}
    >
      {title !== null && !urgentKinds.includes(preview.kind) ? (
        <span
          className={cx("hidden compact:inline", unread ? "font-medium text-text" : "text-text-2")}
        >
          {title}
          <span aria-hidden="true"> – </span>
        </span>
      ) : null}
      {preview.kind === "outbound" ? <CornerUpLeft /> : null}
      {preview.kind === "draft" ? <Pencil className="text-danger" /> : null}
      {preview.kind === "note" ? <StickyNote className="text-note-text" /> : null}
      {preview.prefix ? (
        <span
          className={cx(
            preview.kind === "draft" && "font-medium text-danger",
            preview.kind === "failed" && "font-medium",
          )}
        >
          {preview.prefix}{" "}
        </span>
      ) : null}
      {preview.text}
    </span>
  );
}

function RowEnd({
  conversation,
  viewers,
  showAssignee,
}: Pick<ListRowProps, "conversation" | "viewers" | "showAssignee">) {
  const { t } = useTranslation();
  const { assignee } = conversation;
  return (
    <span className="flex shrink-0 items-center gap-1">
      {viewers.length > 0 ? (
        <span className="flex -space-x-1.5 rtl:space-x-reverse">
          {viewers.slice(0, 2).map((viewer) => (
            <span
              key={viewer.user.id}
              className="relative rounded-full ring-2 ring-surface"
              title={t(viewer.state === "typing" ? "presence.typing" : "presence.viewing", {
                name: viewer.user.name,
              })}
            >
              <Avatar
                id={viewer.user.id}
                name={viewer.user.name}
                size="tiny"
                className={cx("size-5 text-[9px]", viewer.state === "idle" && "opacity-50")}
              />
              {viewer.state === "typing" ? (
                <Pencil className="absolute -end-1 -bottom-0.5 size-2.5 rounded-full bg-accent p-px text-on-accent" />
              ) : null}
            </span>
          ))}
        </span>
      ) : null}
      {showAssignee && assignee ? (
        <span title={assignee.name}>
          <Avatar
            id={assignee.id}
            name={assignee.name}
            size="tiny"
            square
            className="size-5 text-[9px]"
          />
        </span>
      ) : null}
      {conversation.unread_count > 1 ? (
        <span className="flex h-4.5 min-w-4.5 items-center justify-center rounded-full bg-accent px-1.5 text-[11px] font-semibold text-on-accent tabular-nums">
          {capped(conversation.unread_count)}
        </span>
      ) : null}
    </span>
  );
}
