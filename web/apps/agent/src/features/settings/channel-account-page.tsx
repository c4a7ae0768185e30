/** One channel account: its form, its connection test, and what to paste where. */
import { api, type ChannelAccount } from "@rapport/api";
import { Badge, Notice, Skeleton } from "@rapport/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { complain, explain, say } from "@/app/notify";
import { usePermission } from "@/app/session";
import { keys } from "@/data/keys";
import { channelAccountsQuery } from "@/data/queries";
import { type AccountInput, useDirty, useSaving } from "./account-form";
import { AccountHealth } from "./account-health";
import { ApiExample, Embed, freshSecretKey, IdentitySecret, Ingest } from "./account-snippets";
import { ApiAccountForm } from "./api-account-form";
import { type CreatableChannel, healthTone } from "./channels-page";
import { ChatAccountForm } from "./chat-account-form";
import { ConfirmButton } from "./confirm-button";
import { EmailAccountForm } from "./email-account-form";
import { LeaveGuard } from "./leave-guard";
import { focusNextTitle, OnceSecret, PageTitle, Panel } from "./parts";

const forms = { email: EmailAccountForm, chat: ChatAccountForm, api: ApiAccountForm };

function BackLink() {
  const { t } = useTranslation();
  return (
    <Link
      to="/settings/{-$section}/{-$item}"
      params={{ section: "channels", item: undefined }}
      className="mb-3 inline-flex items-center gap-1 text-small text-text-2 hover:text-text"
    >
      <ChevronLeft className="size-4 rtl:rotate-180" />
      {t("settings.channels")}
    </Link>
  );
}

/** What stands in the way of saving, brought into sight because the button may be a page below. */
function Problem({ text }: { text: string | null }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (text && !document.querySelector('#main [aria-invalid="true"]')) {
      place.current?.scrollIntoView({ block: "center" });
    }
  }, [text]);
  if (!text) return null;
  return (
    <div ref={place}>
      <Notice tone="danger" role="alert" className="mb-4">
        {text}
      </Notice>
    </div>
  );
}

export function NewChannelAccountPage({ channel }: { channel: CreatableChannel }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const navigate = useNavigate();
  const saving = useSaving();
  const mayManage = usePermission("channel_account.manage");
  const { isDirty, mark } = useDirty();
  const Form = forms[channel];
  const save = (input: AccountInput) =>
    void saving.run(async () => {
      const account = await api.createChannelAccount({ channel, ...input });
      cache.setQueryData(freshSecretKey(account.id), account.identity_secret ?? null);
      await cache.invalidateQueries({ queryKey: keys.channelAccounts });
      say(t("channels.created"));
      mark(false);
      focusNextTitle();
      void navigate({
        to: "/settings/{-$section}/{-$item}",
        params: { section: "channels", item: account.id },
        replace: true,
      });
    });
  return (
    <>
      <BackLink />
      <PageTitle title={t(`channels.new_${channel}`)} lead={t(`channels.${channel}_means`)} />
      <LeaveGuard unsaved={isDirty} />
      <Problem text={saving.problem} />
      <Form
        account={null}
        readOnly={!mayManage}
        errors={saving.errors}
        busy={saving.busy}
        onSave={save}
        onDirty={mark}
      />
    </>
  );
}

export function ChannelAccountPage({ id }: { id: string }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const accounts = useQuery(channelAccountsQuery);
  const account = accounts.data?.find((entry) => entry.id === id);
  const mayManage = usePermission("channel_account.manage");
  const saving = useSaving();
  const { data: secret } = useQuery<string | null>({
    queryKey: freshSecretKey(id),
    queryFn: () => null,
    enabled: false,
    gcTime: 0,
  });
  const { dirty, isDirty, mark } = useDirty();
  // What was typed outlives what changes meanwhile, such as the switch above or a colleague's hand.
  const [shown, setShown] = useState(account?.version);
  if (account && !dirty && shown !== account.version) setShown(account.version);
  const returnTo = useRef<string | null>(null);
  // What was saved begins a new form, which gives the focus back to the field or button it was on.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version is what begins a new form.
  useEffect(() => {
    const name = returnTo.current;
    returnTo.current = null;
    // Whoever has gone on to something else meanwhile stays there.
    if (name === null || document.activeElement !== document.body) return;
    const wanted = name ? `[name="${CSS.escape(name)}"]` : '[type="submit"]';
    document.querySelector<HTMLElement>(`#main form ${wanted}`)?.focus();
  }, [shown]);
  if (accounts.isPending) return <Skeleton className="h-64" />;
  if (!account) {
    return (
      <>
        <BackLink />
        <p className="text-text-2">
          {accounts.error ? explain(accounts.error) : t("channels.missing")}
        </p>
      </>
    );
  }
  const put = (next: ChannelAccount) => {
    cache.setQueryData<ChannelAccount[]>(keys.channelAccounts, (list) =>
      list?.map((entry) => (entry.id === next.id ? { ...entry, ...next } : entry)),
    );
  };
  const save = (input: AccountInput) =>
    void saving.run(async () => {
      const from = document.activeElement?.getAttribute("name") ?? "";
      const { secrets, ...body } = input;
      const filled = Object.keys(secrets).length > 0 ? { ...body, secrets } : body;
      const changed = await api.changeChannelAccount(id, filled);
      returnTo.current = from;
      mark(false);
      put(changed);
      say(t("toast.saved"));
    });
  const Form = forms[account.channel as CreatableChannel] ?? ApiAccountForm;
  return (
    <>
      <BackLink />
      <PageTitle
        title={account.name}
        action={
          <Badge tone={healthTone[account.health.state]}>
            {t(`health.${account.health.state}`)}
          </Badge>
        }
      />
      {secret ? (
        <OnceSecret value={secret} label={t("chat.secret")} hint={t("chat.secret_once")} />
      ) : null}
      <AccountHealth account={account} mayManage={mayManage} dirty={dirty} onChange={put} />
      {account.channel === "chat" ? <Embed account={account} /> : null}
      {account.channel === "email" ? <Ingest account={account} /> : null}
      {account.channel === "api" ? <ApiExample account={account} /> : null}
      <LeaveGuard unsaved={isDirty} />
      <Problem text={saving.problem} />
      <Form
        key={shown}
        account={account}
        readOnly={!mayManage}
        errors={saving.errors}
        busy={saving.busy}
        onSave={save}
        onDirty={mark}
      />
      {account.channel === "chat" && mayManage ? <IdentitySecret account={account} /> : null}
      {mayManage ? <Remove account={account} onRemoved={() => mark(false)} /> : null}
    </>
  );
}

function Remove({ account, onRemoved }: { account: ChannelAccount; onRemoved: () => void }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const navigate = useNavigate();
  const remove = async () => {
    try {
      await api.deleteChannelAccount(account.id);
      onRemoved();
      focusNextTitle();
      await navigate({
        to: "/settings/{-$section}/{-$item}",
        params: { section: "channels", item: undefined },
      });
      await cache.invalidateQueries({ queryKey: keys.channelAccounts });
      say(t("channels.removed", { name: account.name }));
    } catch (error) {
      complain(error);
    }
  };
  return (
    <Panel title={t("channels.remove")} lead={t("channels.remove_lead")}>
      <ConfirmButton
        kind="secondary"
        label={t("channels.remove_action", { name: account.name })}
        confirm={t("channels.remove_confirm")}
        onConfirm={remove}
      />
    </Panel>
  );
}
