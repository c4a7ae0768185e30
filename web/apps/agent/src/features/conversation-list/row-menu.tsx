/** The menu of a row: by the right button, by holding a finger on it, or by the menu key. */
import type { Conversation } from "@rapport/api";
import { ContextMenu, ContextMenuContent, ContextMenuItem, ContextMenuTrigger } from "@rapport/ui";
import { Check, CheckCheck, ListChecks, MailOpen, UserCheck } from "lucide-react";
import { type ReactElement, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useActionContext } from "@/actions/use-actions";
import { togglePick } from "@/app/selection";
import { type RowAct, type RowActKind, rowActs, runRowAct } from "./row-acts";

export const rowActIcons: Record<RowActKind, ReactElement> = {
  assign_to_me: <UserCheck className="size-4" />,
  close: <Check className="size-4" />,
  mark_unread: <MailOpen className="size-4" />,
  mark_read: <CheckCheck className="size-4" />,
};

interface RowMenuProps {
  rows: readonly Conversation[];
  /** The row that the keys stand on. */
  activeId: string | null;
  /** The list, which the menu hangs on. */
  children: ReactElement;
}

export function RowMenu({ rows, activeId, children }: RowMenuProps) {
  const { t } = useTranslation();
  const context = useActionContext();
  const [meant, setMeant] = useState<Conversation | null>(null);
  const [open, setOpen] = useState(false);
  const justOpened = useRef(false);
  const acts: RowAct[] = meant && open ? rowActs(context, meant) : [];
  const aim = (target: EventTarget) => {
    const row = target instanceof Element ? target.closest<HTMLElement>("[data-id]") : null;
    const id = row?.dataset.id ?? activeId;
    setMeant(rows.find((conversation) => conversation.id === id) ?? null);
  };
  return (
    <ContextMenu
      onOpenChange={(next) => {
        setOpen(next);
        justOpened.current = next;
      }}
    >
      <ContextMenuTrigger
        asChild
        onPointerDownCapture={(event) => {
          justOpened.current = false;
          if (event.pointerType !== "mouse") aim(event.target);
        }}
        onContextMenuCapture={(event) => aim(event.target)}
        onTouchEnd={(event) => {
          // Lifting the finger that opened the menu is no tap on what lies below it.
          if (justOpened.current) event.preventDefault();
          justOpened.current = false;
        }}
      >
        {children}
      </ContextMenuTrigger>
      {meant ? (
        <ContextMenuContent className="w-56">
          {acts.map(({ kind, label, shortcut }) => (
            <ContextMenuItem
              key={kind}
              icon={rowActIcons[kind]}
              shortcut={shortcut}
              onSelect={() => runRowAct(context, meant, kind)}
            >
              {label}
            </ContextMenuItem>
          ))}
          <ContextMenuItem
            icon={<ListChecks className="size-4" />}
            shortcut="x"
            onSelect={() => togglePick(meant.id)}
          >
            {t("action.pick")}
          </ContextMenuItem>
        </ContextMenuContent>
      ) : null}
    </ContextMenu>
  );
}
