/** Who should answer: search, me first, then those online. One press assigns. */
import type { Conversation } from "@rapport/api";
import { Avatar, Button, Popover, PopoverContent, PopoverTrigger, Tooltip } from "@rapport/ui";
import { UserPlus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { assign } from "@/actions/commands";
import { useAction, useActionContext } from "@/actions/use-actions";
import { useOverlay } from "@/app/overlays";
import { PersonPicker } from "@/people/person-picker";

export function AssignPopover({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const [open, setOpen] = useOverlay("assign");
  const action = useAction("conversation.assign");
  const context = useActionContext();
  const { assignee } = conversation;
  // Whoever had it when it was closed had it for good.
  if (!action.shown || conversation.status === "closed")
    return <AssigneeLabel conversation={conversation} />;
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
        <PersonPicker
          current={assignee}
          mayUnassign={assignee !== null}
          onChoose={(person) => {
            setOpen(false);
            if (person?.id !== assignee?.id) void assign(context, conversation, person);
          }}
        />
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
