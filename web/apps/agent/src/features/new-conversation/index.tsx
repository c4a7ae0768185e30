/** Starting a conversation. One that is already open with the contact is offered instead. */
import "@/i18n/conversation";
import { ApiError, api, type ChannelAccount, type Conversation, type Priority } from "@rapport/api";
import { Button, Dialog, Field, Input, Notice, Select } from "@rapport/ui";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useActionContext } from "@/actions/use-actions";
import { complain, explain, say } from "@/app/notify";
import { useOverlay } from "@/app/overlays";
import { useMe } from "@/app/session";
import { useStore } from "@/app/store";
import { writeConversation } from "@/data/cache";
import { priorities } from "@/data/list-query";
import { channelAccountsQuery } from "@/data/queries";
import { sentFileIds } from "@/editor/files";
import { ContactField } from "./contact-field";
import { CopyFields } from "./copy-fields";
import { MessageField } from "./message-field";
import { empty, type Form, unsent } from "./unsent";

export default function NewConversation() {
  const { t } = useTranslation();
  const [open, setOpen] = useOverlay("new-conversation");
  const { data: accounts } = useQuery(channelAccountsQuery);
  const usable = (accounts ?? [])
    .filter((account) => account.active && account.channel !== "chat")
    // The first is offered, and that should be the one that people write with.
    .sort((a, b) => Number(b.channel === "email") - Number(a.channel === "email"));
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      title={t("action.new_conversation")}
      closeLabel={t("common.close")}
      width={usable.length > 0 ? "large" : "medium"}
      keepOpenOutside
    >
      {accounts && usable.length === 0 ? (
        <Notice tone="warning">{t("compose.no_account")}</Notice>
      ) : (
        <StartForm accounts={usable} onDone={() => setOpen(false)} />
      )}
    </Dialog>
  );
}

function StartForm({ accounts, onDone }: { accounts: ChannelAccount[]; onDone: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const context = useActionContext();
  const form = useStore(unsent);
  const set = (change: Partial<Form>) => unsent.set((current) => ({ ...current, ...change }));
  const element = useRef<HTMLFormElement>(null);
  const [knownAtFirst] = useState(form.to !== null);
  const [waiting, setWaiting] = useState(false);
  const [busy, setBusy] = useState(false);
  const [existing, setExisting] = useState<Conversation | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const account = accounts.find((entry) => entry.id === form.accountId) ?? accounts[0];
  const isMail = account?.channel === "email";

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const missing: Record<string, string> = {};
    if (!form.to) missing.to = t("compose.to_missing");
    if (!form.body.trim() && form.attachments.length === 0)
      missing.body = t("compose.body_missing");
    if (isMail && !form.subject.trim()) missing.subject = t("compose.subject_missing");
    setErrors(missing);
    if (Object.keys(missing).length > 0 || !form.to || !account || waiting) return;
    setBusy(true);
    setProblem(null);
    const client_id = crypto.randomUUID();
    try {
      const conversation = await api.startConversation(
        {
          ...(form.to.contactId
            ? { contact_id: form.to.contactId }
            : {
                to: {
                  kind: isMail ? ("email" as const) : ("external" as const),
                  value: form.to.value,
                },
              }),
          channel: account.channel,
          channel_account_id: account.id,
          ...(isMail ? { subject: form.subject.trim() } : {}),
          priority: form.priority,
          assignee_user_id: me.user.id,
          message: {
            body_text: form.body.trim(),
            attachment_ids: sentFileIds(form, isMail),
            client_id,
            ...(isMail && form.html ? { body_html: form.html } : {}),
            ...(isMail ? { cc: form.cc, bcc: form.bcc } : {}),
          },
        },
        client_id,
      );
      writeConversation(context.cache, conversation, me.user.id);
      unsent.set(empty);
      onDone();
      context.navigation.openConversation(conversation.id);
      say(t("toast.started"));
    } catch (error) {
      if (error instanceof ApiError && error.code === "conversation_exists") {
        setExisting(error.problem.current as Conversation);
      } else if (error instanceof ApiError && error.fieldErrors.length > 0) {
        const refused = error.fieldErrors.map(({ field, message }) => [
          field.startsWith("message.body") ? "body" : (field.split(".")[0] ?? field),
          message,
        ]);
        setErrors(Object.fromEntries(refused));
        const elsewhere = refused.find(
          ([field]) => !["to", "subject", "body"].includes(field ?? ""),
        );
        if (elsewhere) setProblem(elsewhere[1] ?? null);
      } else if (error instanceof ApiError && error.isNetwork) complain(error);
      else setProblem(explain(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form ref={element} onSubmit={submit} className="flex flex-col gap-4" noValidate>
      {problem ? (
        <Notice tone="danger" role="alert">
          {problem}
        </Notice>
      ) : null}
      {existing ? (
        <ExistingNotice
          conversation={existing}
          myId={me.user.id}
          onOpen={() => {
            onDone();
            context.navigation.openConversation(existing.id);
          }}
        />
      ) : null}
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t("field.from")}>
          {(field) => (
            <Select
              {...field}
              value={account?.id ?? ""}
              onChange={(event) => set({ accountId: event.target.value })}
            >
              {accounts.map((entry) => (
                <option key={entry.id} value={entry.id}>
                  {entry.address ? `${entry.name} (${entry.address})` : entry.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={t("field.priority")}>
          {(field) => (
            <Select
              {...field}
              value={form.priority}
              onChange={(event) => set({ priority: event.target.value as Priority })}
            >
              {priorities.map((priority) => (
                <option key={priority} value={priority}>
                  {t(`priority.${priority}`)}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      <ContactField
        isMail={isMail}
        value={form.to}
        error={errors.to}
        onChange={(to) => {
          setExisting(null);
          set({ to });
        }}
      />
      {isMail ? <CopyFields cc={form.cc} bcc={form.bcc} onChange={set} /> : null}
      {isMail ? (
        <Field label={t("field.subject")} error={errors.subject}>
          {(field) => (
            <Input
              {...field}
              // Where the recipient is known already, writing begins here.
              autoFocus={knownAtFirst && !form.subject}
              value={form.subject}
              maxLength={500}
              onChange={(event) => set({ subject: event.target.value })}
            />
          )}
        </Field>
      ) : null}
      <MessageField
        rich={isMail}
        content={form}
        error={errors.body}
        onChange={set}
        onAttached={(file) =>
          unsent.set((current) => ({ ...current, attachments: [...current.attachments, file] }))
        }
        onWaiting={setWaiting}
        onSend={() => element.current?.requestSubmit()}
      />
      <div className="flex items-center justify-end gap-2">
        <Button kind="ghost" onClick={onDone}>
          {t("compose.later")}
        </Button>
        <Button type="submit" kind="primary" busy={busy} disabled={existing !== null || waiting}>
          {t("compose.start")}
        </Button>
      </div>
    </form>
  );
}

function ExistingNotice({
  conversation,
  myId,
  onOpen,
}: {
  conversation: Conversation;
  myId: string;
  onOpen: () => void;
}) {
  const { t } = useTranslation();
  const name = conversation.contact?.display_name ?? "";
  const other = conversation.assignee && conversation.assignee.id !== myId;
  return (
    <Notice
      tone="warning"
      role="alert"
      actions={
        <Button size="small" onClick={onOpen}>
          {t("compose.open_existing")}
        </Button>
      }
    >
      {other
        ? t("compose.exists_other", {
            person: conversation.assignee?.name,
            name,
            number: conversation.number,
          })
        : t("compose.exists", { name, number: conversation.number })}
    </Notice>
  );
}
