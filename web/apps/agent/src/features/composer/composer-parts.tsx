/** The bar above the text and the button below it: mode, channel, ways to send. */
import type { ConversationDetail, DraftMode, ReplyOption } from "@rapport/api";
import {
  Button,
  ChannelIcon,
  cx,
  Menu,
  MenuContent,
  MenuItem,
  MenuTrigger,
  Notice,
} from "@rapport/ui";
import { Ban, ChevronDown, Send, StickyNote } from "lucide-react";
import { useTranslation } from "react-i18next";
import { usePermission } from "@/app/session";
import type { SendIntent } from "./use-send";

interface ModeBarProps {
  mode: DraftMode;
  onMode: (mode: DraftMode) => void;
  mayReply: boolean;
  mayNote: boolean;
  detail: ConversationDetail;
  option: ReplyOption | null;
  onOption: (option: ReplyOption) => void;
}

export function ModeBar({
  mode,
  onMode,
  mayReply,
  mayNote,
  detail,
  option,
  onOption,
}: ModeBarProps) {
  const { t } = useTranslation();
  const modes = [mayReply ? ("reply" as const) : null, mayNote ? ("note" as const) : null].filter(
    (entry) => entry !== null,
  );
  return (
    <div className="flex items-center gap-1 px-2 pt-2">
      <div role="toolbar" aria-label={t("composer.mode")} className="flex gap-0.5">
        {modes.map((entry) => (
          <button
            key={entry}
            type="button"
            aria-pressed={mode === entry}
            onClick={() => onMode(entry)}
            className={cx(
              "touch-area h-7 rounded-control px-2.5 text-small font-medium",
              mode === entry
                ? entry === "note"
                  ? "bg-note-text text-note-bg"
                  : "bg-sunken text-text dark:bg-hover"
                : mode === "note"
                  ? "text-note-text hover:bg-note-text/10"
                  : "text-text-2 hover:bg-hover",
            )}
          >
            {t(`composer.${entry}`)}
          </button>
        ))}
      </div>
      <span id="composer-mode" className="min-w-0 flex-1 truncate px-2 text-small">
        {mode === "note" ? (
          <span className="inline-flex items-center gap-1.5">
            <StickyNote className="size-3.5" />
            {t("message.note_private")}
          </span>
        ) : (
          <>
            <span className="sr-only">
              {option ? t("composer.via", { channel: t(`channel.${option.channel}`) }) : null}{" "}
            </span>
            {/* A mail has a line of its own for everybody whom it goes to. */}
            {option && option.channel !== "email" ? (
              <bdi className="text-text-3">
                {t("composer.to", { to: detail.contact?.display_name ?? option.to })}
              </bdi>
            ) : null}
          </>
        )}
      </span>
      {mode === "reply" && option ? (
        <ChannelPicker detail={detail} option={option} onOption={onOption} />
      ) : null}
    </div>
  );
}

function ChannelPicker({
  detail,
  option,
  onOption,
}: {
  detail: ConversationDetail;
  option: ReplyOption;
  onOption: (option: ReplyOption) => void;
}) {
  const { t } = useTranslation();
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button kind="ghost" size="small" className="min-w-0 shrink">
          <ChannelIcon channel={option.channel} className="size-3.5" />
          <span className="truncate">
            <span className="max-sm:hidden">{t("composer.from")} </span>
            {option.from || option.channel_account_name}
          </span>
          <ChevronDown className="size-3.5 text-text-3" />
        </Button>
      </MenuTrigger>
      <MenuContent align="end" className="max-w-80">
        {detail.reply_options.map((entry) => (
          <MenuItem
            key={`${entry.channel_account_id}|${entry.address_id}`}
            icon={<ChannelIcon channel={entry.channel} />}
            checked={entry === option}
            disabled={entry.state !== "ok"}
            hint={
              entry.state === "ok"
                ? t("composer.to", {
                    // In a chat this is the id of a browser, which says nothing to anybody.
                    to: entry.channel === "chat" ? detail.contact?.display_name : entry.to,
                  })
                : entry.reason
            }
            onSelect={() => onOption(entry)}
          >
            {entry.channel_account_name}
          </MenuItem>
        ))}
      </MenuContent>
    </Menu>
  );
}

export function BlockedBody({
  option,
  mayNote,
  onNote,
}: {
  option: ReplyOption | null;
  mayNote: boolean;
  onNote: () => void;
}) {
  const { t } = useTranslation();
  return (
    <div className="p-3">
      <Notice
        tone="warning"
        icon={<Ban className="size-4" />}
        actions={
          mayNote ? (
            <Button size="small" onClick={onNote}>
              {t("composer.write_note")}
            </Button>
          ) : null
        }
      >
        {option?.reason ?? t("composer.no_way")}
      </Notice>
    </div>
  );
}

interface SendButtonProps {
  isNote: boolean;
  disabled: boolean;
  busy: boolean;
  onSend: (intent: SendIntent) => void;
}

export function SendButton({ isNote, disabled, busy, onSend }: SendButtonProps) {
  const { t } = useTranslation();
  const mayClose = usePermission("conversation.close");
  if (isNote) {
    return (
      <Button kind="note" disabled={disabled} busy={busy} onClick={() => onSend("send")}>
        {t("composer.add_note")}
      </Button>
    );
  }
  return (
    <span className="flex">
      <Button
        kind="primary"
        disabled={disabled}
        busy={busy}
        onClick={() => onSend("send")}
        className="rounded-e-none"
        aria-keyshortcuts="Control+Enter"
      >
        {busy ? null : <Send className="size-3.5 rtl:-scale-x-100" />}
        {t("composer.send")}
      </Button>
      <Menu>
        <MenuTrigger asChild>
          <Button
            kind="primary"
            disabled={disabled || busy}
            aria-label={t("composer.send_menu")}
            className="rounded-s-none border-s border-on-accent/25 px-1.5"
          >
            <ChevronDown className="size-4" />
          </Button>
        </MenuTrigger>
        <MenuContent align="end" side="top">
          <MenuItem shortcut="mod+enter" onSelect={() => onSend("send")}>
            {t("composer.send")}
          </MenuItem>
          {mayClose ? (
            <MenuItem shortcut="mod+shift+enter" onSelect={() => onSend("close")}>
              {t("composer.send_close")}
            </MenuItem>
          ) : null}
          <MenuItem onSelect={() => onSend("solve")}>{t("composer.send_solve")}</MenuItem>
          <MenuItem onSelect={() => onSend("wait")}>{t("composer.send_wait")}</MenuItem>
        </MenuContent>
      </Menu>
    </span>
  );
}
