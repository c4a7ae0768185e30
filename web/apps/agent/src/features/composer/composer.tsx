/** Where replies and notes are written. Both modes keep drafts of their own. */
import type {
  Attachment,
  ConversationDetail,
  DraftMode,
  Message,
  ReplyOption,
  Viewer,
} from "@rapport/api";
import { cx, Notice } from "@rapport/ui";
import { useQueryClient } from "@tanstack/react-query";
import { Ban, Pencil } from "lucide-react";
import { lazy, Suspense, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { composerRequest, quoteRequest, regionIds } from "@/app/focus";
import { whenReachable } from "@/app/lazy";
import { enterSends } from "@/app/preferences";
import { useMe, usePermission } from "@/app/session";
import { useStore } from "@/app/store";
import { FileButton, FileSurface } from "@/editor/file-surface";
import { listedFiles } from "@/editor/files";
import { PlainEditor } from "@/editor/plain-editor";
import { AttachmentChips, useUploads } from "@/editor/uploads";
import { mediumTime } from "@/i18n/format";
import { presence } from "@/realtime/presence";
import { addressing, choosing } from "./addressing";
import { AdvancedNotice } from "./advanced-notice";
import { BlockedBody, ModeBar, SendButton } from "./composer-parts";
import { EmailFields } from "./email-fields";
import { MentionList, useMentions } from "./mentions";
import { quotable, withQuote } from "./quote";
import { UnsentDraft } from "./unsent-draft";
import { draftsOf, mayHaveDraft, useCarriedDraft, useDraft, useReturned } from "./use-drafts";
import { type SendIntent, useSend } from "./use-send";

const RichEditor = lazy(() => whenReachable(() => import("@/editor/rich-editor")));

export interface ComposerProps {
  detail: ConversationDetail;
  viewers: readonly Viewer[];
  /** The newest stored message the reader can see. */
  lastMessage: Message | null;
}

function chosenOption(
  options: readonly ReplyOption[],
  addressId: string | null,
  accountId: string | null,
  channel: string,
): ReplyOption | null {
  const usable = options.filter((option) => option.state === "ok");
  return (
    options.find(
      (option) => option.address_id === addressId && option.channel_account_id === accountId,
    ) ??
    usable.find((option) => option.channel_account_id === accountId) ??
    usable.find((option) => option.channel === channel) ??
    usable[0] ??
    options[0] ??
    null
  );
}

/** Writing as far as it is allowed. Who loses the right while writing keeps the text in sight. */
export function Composer(props: ComposerProps) {
  const { t } = useTranslation();
  const mayReply = usePermission("conversation.reply");
  const mayNote = usePermission("conversation.note");
  if (mayReply || mayNote) return <Writing {...props} mayReply={mayReply} mayNote={mayNote} />;
  return (
    <>
      <UnsentDraft
        conversationId={props.detail.id}
        mayExist={mayHaveDraft(props.detail, "reply")}
      />
      <p className="border-t border-line bg-surface px-5 py-4 text-body text-text-2">
        {t("composer.read_only")}
      </p>
    </>
  );
}

interface WritingProps extends ComposerProps {
  mayReply: boolean;
  mayNote: boolean;
}

function Writing({ detail, viewers, lastMessage, mayReply, mayNote }: WritingProps) {
  const { t } = useTranslation();
  const me = useMe();
  const cache = useQueryClient();
  const request = useStore(composerRequest);
  const [wantedMode, setMode] = useState<DraftMode>("reply");
  const mode: DraftMode = !mayReply ? "note" : !mayNote ? "reply" : wantedMode;
  const [focusCount, setFocusCount] = useState(0);
  const { drafts, draft, saveState } = useDraft(
    me.user.id,
    detail.id,
    mode,
    mayHaveDraft(detail, mode),
  );
  useCarriedDraft(drafts, detail);
  useReturned(drafts, detail.id, mayHaveDraft(detail, "reply"));
  const quickEnter = useStore(enterSends);
  const imageInserter = useRef<((image: Attachment) => void) | null>(null);
  const [assignToMe, setAssignToMe] = useState(true);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each conversation begins with a reply.
  useLayoutEffect(() => {
    // Another conversation does not take the focus that this one was given.
    setFocusCount(0);
    setMode("reply");
    setAssignToMe(true);
  }, [detail.id]);

  // In one go with the key that asked for it: what is typed next is text and not a command.
  const handled = useRef(request.count);
  useLayoutEffect(() => {
    if (request.count === handled.current) return;
    handled.current = request.count;
    if (request.mode === "reply" ? mayReply : mayNote) {
      setMode(request.mode);
      setFocusCount((count) => count + 1);
    }
  }, [request, mayReply, mayNote]);

  const toQuote = useStore(quoteRequest);
  useEffect(() => {
    if (toQuote?.conversation_id !== detail.id) return;
    quoteRequest.set(null);
    if (!mayReply) return;
    const heading = t("message.quote_heading", {
      name: toQuote.author.name,
      date: mediumTime(toQuote.sent_at),
    });
    const reply = drafts.get(detail.id, "reply");
    drafts.change(detail.id, "reply", {
      ...withQuote(reply, quotable(toQuote), heading),
      seenMessageId: reply.seenMessageId ?? lastMessage?.id ?? null,
    });
  }, [toQuote, detail.id, mayReply, drafts, lastMessage, t]);

  const option = useMemo(
    () =>
      chosenOption(detail.reply_options, draft.addressId, draft.channelAccountId, detail.channel),
    [detail.reply_options, detail.channel, draft.addressId, draft.channelAccountId],
  );
  const isNote = mode === "note";
  const rich = !isNote && option?.rich_text === true;
  const blocked = !isNote && (option === null || option.state !== "ok");
  const uploads = useUploads(
    `${detail.id}|${mode}`,
    draft.attachments.length,
    isNote ? null : (option?.attachments ?? null),
    (target, attachment) => {
      const [id, targetMode] = target.split("|") as [string, DraftMode];
      const store = draftsOf(me.user.id);
      const { attachments } = store.get(id, targetMode);
      store.change(id, targetMode, { attachments: [...attachments, attachment] });
      if (attachment.inline && target === `${detail.id}|${mode}`)
        imageInserter.current?.(attachment);
    },
  );
  const change = (fields: Parameters<typeof drafts.change>[2]) => {
    const begins = draft.text === "" && draft.seenMessageId === null;
    drafts.change(detail.id, mode, {
      ...fields,
      ...(begins ? { seenMessageId: lastMessage?.id ?? null } : {}),
    });
  };
  const onText = (text: string, html: string | null) => {
    if (text.trim()) presence.typing(mode);
    else presence.stopTyping();
    change({ text, html });
  };
  const mentions = useMentions(isNote, draft.text, (text) => onText(text, null));
  const sender = useSend({ cache, me, detail, mode, draft, drafts, option, lastMessage });

  const tooLong = option?.max_length != null && !isNote && draft.text.length > option.max_length;
  const toNobody =
    rich && detail.email_reply !== null && addressing(draft, detail.email_reply).to.length === 0;
  const nothing = draft.text.trim() === "" && draft.attachments.length === 0;
  const waitReason = uploads.pending.some((upload) => upload.error === null)
    ? t("composer.wait_uploads")
    : uploads.pending.length > 0
      ? t("composer.failed_uploads")
      : tooLong
        ? t("composer.too_long", { count: draft.text.length - (option?.max_length ?? 0) })
        : toNobody
          ? t("composer.no_recipient")
          : null;
  const submit = (intent: SendIntent) => {
    if (nothing || waitReason || blocked) return;
    presence.stopTyping();
    void sender.send(intent, {
      assignToMe: assignToMe && detail.assignee === null && !isNote,
    });
    setFocusCount((count) => count + 1);
  };
  const onSend = (andClose: boolean) => submit(andClose && !isNote ? "close" : "send");

  const editor = {
    id: regionIds.composer,
    value: draft.text,
    label: t(isNote ? "composer.note_label" : "composer.reply_label"),
    placeholder: t(isNote ? "composer.note_placeholder" : "composer.reply_placeholder"),
    describedBy: "composer-mode",
    focusCount,
    onSend,
    onBlur: () => {
      presence.stopTyping();
      void drafts.flush(detail.id, mode);
    },
  };

  return (
    <section aria-label={t("composer.region")} className="shrink-0 px-3 pb-3 sm:px-6 sm:pb-5">
      <div className="mx-auto max-w-3xl">
        <TypingColleague viewers={viewers} />
        {sender.advanced ? (
          <AdvancedNotice
            messages={sender.advanced}
            onSendAnyway={() => void sender.sendAnyway()}
            onEdit={() => {
              sender.acknowledge();
              setFocusCount((count) => count + 1);
            }}
            onDiscard={() => {
              sender.acknowledge();
              drafts.clear(detail.id, mode);
            }}
          />
        ) : null}
        {sender.problem ? (
          <Notice tone="danger" role="alert" icon={<Ban className="size-4" />} className="mb-2">
            {sender.problem}
          </Notice>
        ) : null}
        <FileSurface
          onFiles={(files) => uploads.add(files, rich)}
          droppingClass="border-accent bg-accent-soft"
          untouched={nothing && uploads.pending.length === 0 && !blocked}
          className={cx(
            "rounded-popover border bg-raised shadow-[0_1px_2px_rgb(15_18_24/0.05)] transition-colors duration-75",
            isNote
              ? "border-dashed border-note-line bg-note-bg text-note-text focus-within:border-note-text"
              : "border-line focus-within:border-accent",
          )}
        >
          <ModeBar
            mode={mode}
            onMode={(next) => {
              setMode(next);
              setFocusCount((count) => count + 1);
            }}
            mayReply={mayReply}
            mayNote={mayNote}
            detail={detail}
            option={option}
            onOption={(next) => change(choosing(detail, option, next))}
          />
          {blocked ? (
            <BlockedBody option={option} mayNote={mayNote} onNote={() => setMode("note")} />
          ) : (
            <>
              {rich && detail.email_reply ? (
                <EmailFields
                  key={detail.id}
                  draft={draft}
                  defaults={detail.email_reply}
                  onChange={change}
                />
              ) : null}
              <div className="relative px-4 pt-2">
                {rich ? (
                  <Suspense
                    fallback={
                      <p className="h-24 text-reading text-text-3" aria-busy="true">
                        {editor.placeholder}
                      </p>
                    }
                  >
                    <RichEditor
                      {...editor}
                      html={draft.html}
                      documentKey={`${detail.id}|${mode}`}
                      attachments={draft.attachments}
                      imageInserter={imageInserter}
                      onChange={(text, html) => onText(text, html)}
                    />
                  </Suspense>
                ) : (
                  <PlainEditor
                    {...editor}
                    onChange={(text) => onText(text, null)}
                    enterSends={quickEnter && !isNote}
                    onKeyDown={mentions.onKeyDown}
                    className={cx(isNote && "placeholder:text-note-text/70")}
                  />
                )}
                {isNote ? <MentionList mentions={mentions} /> : null}
                <AttachmentChips
                  attachments={listedFiles(draft, rich)}
                  uploads={uploads}
                  onRemove={(id) =>
                    change({ attachments: draft.attachments.filter((file) => file.id !== id) })
                  }
                />
              </div>
              <div data-folds className="flex items-center gap-1 px-2 pt-1 pb-2">
                <FileButton onFiles={(files) => uploads.add(files)} />
                <span
                  className="min-w-0 flex-1 truncate px-1 text-micro text-text-3"
                  aria-live="polite"
                >
                  {waitReason ?? (saveState === "idle" ? "" : t(`draft.${saveState}`))}
                </span>
                {!isNote && detail.assignee === null && !nothing ? (
                  <label className="flex items-center gap-1.5 px-2 text-small text-text-2 max-sm:hidden">
                    <input
                      type="checkbox"
                      checked={assignToMe}
                      onChange={(event) => setAssignToMe(event.target.checked)}
                      className="size-4 accent-accent"
                    />
                    {t("composer.assign_to_me")}
                  </label>
                ) : null}
                <SendButton
                  isNote={isNote}
                  disabled={nothing || waitReason !== null}
                  busy={sender.busy}
                  onSend={submit}
                />
              </div>
            </>
          )}
        </FileSurface>
      </div>
    </section>
  );
}

function TypingColleague({ viewers }: { viewers: readonly Viewer[] }) {
  const { t } = useTranslation();
  const writer = viewers.find((viewer) => viewer.state === "typing");
  if (!writer) return null;
  const collides = writer.mode === "reply";
  return (
    <p
      role="status"
      className={cx(
        "mb-1.5 flex items-center gap-1.5 px-1 text-small",
        collides ? "font-medium text-warning" : "text-text-3",
      )}
    >
      <Pencil className="size-3.5" />
      {t(collides ? "presence.writing_reply" : "presence.writing_note", { name: writer.user.name })}
    </p>
  );
}
