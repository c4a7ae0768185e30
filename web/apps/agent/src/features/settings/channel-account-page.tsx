/** One channel account: its form, its connection test, and what to paste where. */
import {
  ApiError,
  api,
  type ChannelAccount,
  type ConnectionCheck,
  type EmailConfig,
} from "@rapport/api";
import { Badge, Button, Notice, Skeleton, Switch } from "@rapport/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { complain, explain, say } from "@/app/notify";
import { usePermission } from "@/app/session";
import { keys } from "@/data/keys";
import { channelAccountsQuery } from "@/data/queries";
import { mediumTime } from "@/i18n/format";
import { ApiAccountForm } from "./api-account-form";
import { type CreatableChannel, healthTone } from "./channels-page";
import { ChatAccountForm } from "./chat-account-form";
import { ConfirmButton } from "./confirm-button";
import { ConnectionChecks } from "./connection-checks";
import { EmailAccountForm } from "./email-account-form";
import { LeaveGuard } from "./leave-guard";
import { CodeBlock, focusNextTitle, OnceSecret, PageTitle, Panel } from "./parts";

/** What every account form hands back. Secrets left empty stay as they are. */
export interface AccountInput {
  name: string;
  config: ChannelAccount["config"];
  secrets: Record<string, string>;
}
export interface AccountFormProps {
  account: ChannelAccount | null;
  readOnly: boolean;
  /** Answers from the server by field, such as `config.address`. */
  errors: Record<string, string>;
  busy: boolean;
  onSave: (input: AccountInput) => void;
  /** Whether something was changed that is not saved. */
  onDirty: (dirty: boolean) => void;
}

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

/** Sends the form and sorts the refusal into field errors and the rest. */
function useSaving() {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  // The refusal names fields; the first of them is where to go on, also for whoever only hears it.
  useEffect(() => {
    const refused = Object.entries(errors);
    if (refused.length === 0) return;
    const first = document.querySelector<HTMLElement>('#main [aria-invalid="true"]');
    first?.focus();
    // What no field shows is told in full.
    if (!first) setProblem(refused.map(([field, message]) => `${field}: ${message}`).join(" "));
  }, [errors]);
  const run = async (act: () => Promise<void>) => {
    setBusy(true);
    setErrors({});
    setProblem(null);
    try {
      await act();
    } catch (error) {
      if (error instanceof ApiError && error.fieldErrors.length > 0) {
        setErrors(Object.fromEntries(error.fieldErrors.map((e) => [e.field, e.message])));
        setProblem(t("settings.check_fields", { count: error.fieldErrors.length }));
      } else if (error instanceof ApiError && error.code === "address_in_use") {
        setErrors({ "config.address": error.message });
        setProblem(error.message);
      } else setProblem(explain(error));
    } finally {
      setBusy(false);
    }
  };
  return { busy, errors, problem, run };
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

/** Whether the form differs from what is saved; the answer is also there outside of a rendering. */
function useDirty() {
  const [dirty, setDirty] = useState(false);
  const now = useRef(false);
  const mark = useCallback((value: boolean) => {
    now.current = value;
    setDirty(value);
  }, []);
  const isDirty = useCallback(() => now.current, []);
  return { dirty, isDirty, mark };
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

/** A secret just made lives only in this tab's memory, until the page is left. */
const freshSecretKey = (id: string) => ["fresh-secret", id] as const;

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
      <Health account={account} mayManage={mayManage} dirty={dirty} onChange={put} />
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
      {account.channel === "chat" && mayManage ? <Secret account={account} /> : null}
      {mayManage ? <Remove account={account} onRemoved={() => mark(false)} /> : null}
    </>
  );
}

/** What mail servers and libraries say begins in the middle of a sentence. */
const sentence = (text: string) => text.charAt(0).toLocaleUpperCase() + text.slice(1);

function Health({
  account,
  mayManage,
  dirty,
  onChange,
}: {
  account: ChannelAccount;
  mayManage: boolean;
  dirty: boolean;
  onChange: (account: ChannelAccount) => void;
}) {
  const { t } = useTranslation();
  const [tested, setTested] = useState<{ version: number; checks: ConnectionCheck[] } | null>(null);
  const [busy, setBusy] = useState(false);
  const { health } = account;
  const test = async () => {
    setBusy(true);
    try {
      const { checks } = await api.testChannelAccount(account.id);
      setTested({ version: account.version, checks });
    } catch (error) {
      complain(error);
    } finally {
      setBusy(false);
    }
  };
  const setActive = async (active: boolean) => {
    try {
      onChange(await api.changeChannelAccount(account.id, { active }));
    } catch (error) {
      complain(error);
    }
  };
  const when = (time: string | null) => (time ? mediumTime(time) : t("common.never"));
  return (
    <Panel title={t("health.title")}>
      <dl className="grid gap-x-6 gap-y-1.5 text-body sm:grid-cols-2">
        <div className="flex justify-between gap-3">
          <dt className="text-text-3">{t("health.received")}</dt>
          <dd>{when(health.last_inbound_at)}</dd>
        </div>
        <div className="flex justify-between gap-3">
          <dt className="text-text-3">{t("health.sent")}</dt>
          <dd>{when(health.last_outbound_at)}</dd>
        </div>
      </dl>
      {health.last_error ? (
        <Notice tone={health.state === "error" ? "danger" : "neutral"} className="mt-3">
          {sentence(health.last_error)}{" "}
          {health.last_error_at ? `(${mediumTime(health.last_error_at)})` : ""}
        </Notice>
      ) : null}
      {mayManage ? (
        <div className="mt-4 flex flex-wrap items-center gap-4">
          <Button
            busy={busy}
            aria-describedby={dirty ? "test-hint" : undefined}
            onClick={() => void test()}
          >
            {t("health.test")}
          </Button>
          <Switch
            label={t("channels.active")}
            checked={account.active}
            onCheckedChange={(active) => void setActive(active)}
          />
        </div>
      ) : null}
      {mayManage && dirty ? (
        <p id="test-hint" className="mt-2 text-small text-text-3">
          {t("health.test_saved")}
        </p>
      ) : null}
      <div aria-live="polite">
        {/* What was found of other settings says nothing about these. */}
        {tested?.version === account.version ? (
          <ConnectionChecks channel={account.channel} checks={tested.checks} />
        ) : null}
      </div>
    </Panel>
  );
}

function Embed({ account }: { account: ChannelAccount }) {
  const { t } = useTranslation();
  if (!account.widget_key) return null;
  return (
    <Panel title={t("chat.embed")} lead={t("chat.embed_lead")}>
      <CodeBlock
        label={t("chat.embed")}
        code={`<script async src="${location.origin}/widget.js" data-key="${account.widget_key}"></script>`}
      />
    </Panel>
  );
}

function Ingest({ account }: { account: ChannelAccount }) {
  const { t } = useTranslation();
  const { config } = account;
  if (!("inbound" in config) || (config as EmailConfig).inbound.kind !== "http") return null;
  return (
    <Panel title={t("email.ingest")} lead={t("email.ingest_lead")}>
      <CodeBlock
        label={t("email.ingest")}
        code={`curl --data-binary @message.eml \\\n  -H "Content-Type: message/rfc822" \\\n  -H "Authorization: Bearer rpt_…" \\\n  ${location.origin}/api/v1/ingest/email/${account.id}`}
      />
    </Panel>
  );
}

function ApiExample({ account }: { account: ChannelAccount }) {
  const { t } = useTranslation();
  const body = {
    channel: "api",
    channel_account_id: account.id,
    to: { kind: "external", value: "customer-42", name: "Ana Kovač" },
    message: { direction: "inbound", body_text: "Where is my order?" },
  };
  return (
    <Panel title={t("api.example")} lead={t("api.example_lead")}>
      <CodeBlock
        label={t("api.example")}
        code={`curl -H "Authorization: Bearer rpt_…" \\\n  -H "Content-Type: application/json" \\\n  -d '${JSON.stringify(body)}' \\\n  ${location.origin}/api/v1/conversations`}
      />
    </Panel>
  );
}

function Secret({ account }: { account: ChannelAccount }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const rotate = async () => {
    try {
      const { identity_secret } = await api.rotateSecret(account.id);
      cache.setQueryData(freshSecretKey(account.id), identity_secret);
      document.getElementById("main")?.scrollTo({ top: 0 });
    } catch (error) {
      complain(error);
    }
  };
  return (
    <Panel title={t("chat.secret")} lead={t("chat.secret_lead")}>
      <CodeBlock
        label={t("chat.identify")}
        code={`Rapport("identify", {\n  user_id: "42",\n  email: "ana@example.com",\n  hash: hex(HMAC_SHA256(identity_secret, "42")),\n});`}
      />
      <div className="mt-3">
        <ConfirmButton
          kind="secondary"
          label={t("chat.rotate")}
          confirm={t("chat.rotate_confirm")}
          onConfirm={rotate}
        />
      </div>
    </Panel>
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
