/** API tokens: made with chosen permissions, shown once, revoked with one press. */
import { type ApiToken, api, type Permission } from "@rapport/api";
import { Badge, Button, Field, Input, Select, Skeleton } from "@rapport/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNow } from "@/app/clock";
import { complain, explain, say } from "@/app/notify";
import { useMe } from "@/app/session";
import { keys } from "@/data/keys";
import { agoTime, dateOnly } from "@/i18n/format";
import { ConfirmButton } from "./confirm-button";
import { CodeBlock, OnceSecret, PageTitle, Panel } from "./parts";

const lifetimes = ["30", "90", "365", "never"] as const;
const dayMilliseconds = 86_400_000;

export function TokensPage() {
  const { t } = useTranslation();
  return (
    <>
      <PageTitle title={t("settings.tokens")} lead={t("tokens.lead")} />
      <CreatePanel />
      <TokenList />
      <Panel title={t("tokens.example")} lead={t("tokens.example_lead")}>
        <CodeBlock
          label={t("tokens.example")}
          code={`curl -H "Authorization: Bearer rpt_…" \\\n  ${location.origin}/api/v1/conversations?limit=5`}
        />
        <p className="mt-3 text-small text-text-2">
          <a
            href="/api/docs"
            target="_blank"
            rel="noopener"
            className="text-accent-text underline underline-offset-2"
          >
            {t("tokens.reference")}
          </a>
        </p>
      </Panel>
    </>
  );
}

function CreatePanel() {
  const { t } = useTranslation();
  const me = useMe();
  const cache = useQueryClient();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Permission[]>([]);
  const [limited, setLimited] = useState(false);
  const [lifetime, setLifetime] = useState<(typeof lifetimes)[number]>("90");
  const [made, setMade] = useState<ApiToken | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const create = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const expires_at =
        lifetime === "never"
          ? undefined
          : new Date(Date.now() + Number(lifetime) * dayMilliseconds).toISOString();
      const token = await api.createToken({
        name: name.trim(),
        ...(limited ? { scopes } : {}),
        ...(expires_at ? { expires_at } : {}),
      });
      setMade(token);
      setName("");
      void cache.invalidateQueries({ queryKey: keys.tokens });
    } catch (error) {
      setProblem(explain(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Panel title={t("tokens.create")}>
      {made?.token ? (
        <OnceSecret
          value={made.token}
          label={t("tokens.made", { name: made.name })}
          hint={t("tokens.once")}
        />
      ) : null}
      <form onSubmit={create} className="space-y-4">
        <div className="flex flex-wrap items-start gap-3">
          <Field label={t("field.name")} error={problem} className="min-w-52 flex-1">
            {(field) => (
              <Input
                {...field}
                required
                maxLength={100}
                placeholder={t("tokens.name_placeholder")}
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
          <Field label={t("tokens.lifetime")} className="w-40">
            {(field) => (
              <Select
                {...field}
                value={lifetime}
                onChange={(event) => setLifetime(event.target.value as (typeof lifetimes)[number])}
              >
                {lifetimes.map((choice) => (
                  <option key={choice} value={choice}>
                    {t(`tokens.lifetime_${choice}`)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Button
            type="submit"
            kind="primary"
            busy={busy}
            disabled={limited && scopes.length === 0}
            className="mt-6 h-9 pointer-coarse:h-11"
          >
            {t("tokens.create_action")}
          </Button>
        </div>
        <label className="flex w-fit items-center gap-2 text-body">
          <input
            type="checkbox"
            className="size-4 accent-accent"
            checked={limited}
            onChange={(event) => setLimited(event.target.checked)}
          />
          {t("tokens.limit")}
        </label>
        {limited ? (
          <fieldset className="grid gap-x-6 gap-y-2 sm:grid-cols-2">
            <legend className="sr-only">{t("tokens.scopes")}</legend>
            {me.permissions.map((permission) => (
              <label key={permission} className="flex items-center gap-2 text-small">
                <input
                  type="checkbox"
                  className="size-4 accent-accent"
                  checked={scopes.includes(permission)}
                  onChange={(event) =>
                    setScopes(
                      event.target.checked
                        ? [...scopes, permission]
                        : scopes.filter((other) => other !== permission),
                    )
                  }
                />
                {t(`permission.${permission}`)}
              </label>
            ))}
          </fieldset>
        ) : null}
      </form>
    </Panel>
  );
}

function TokenList() {
  const { t } = useTranslation();
  const now = useNow();
  const cache = useQueryClient();
  const tokens = useQuery({
    queryKey: keys.tokens,
    queryFn: async () => (await api.tokens()).data,
  });
  if (tokens.isPending) return <Skeleton className="mb-6 h-32" />;
  if (tokens.isError) return <Panel>{explain(tokens.error)}</Panel>;
  const revoke = async (token: ApiToken) => {
    try {
      await api.revokeToken(token.id);
      await cache.invalidateQueries({ queryKey: keys.tokens });
      say(t("tokens.revoked", { name: token.name }));
    } catch (error) {
      complain(error);
    }
  };
  return (
    <Panel title={t("tokens.existing")}>
      {tokens.data.length === 0 ? <p className="text-text-3">{t("tokens.none")}</p> : null}
      <ul className="-my-2 divide-y divide-line">
        {tokens.data.map((token) => (
          <li key={token.id} className="flex flex-wrap items-center gap-3 py-2.5">
            <KeyRound className="size-4 text-text-3" />
            <div className="min-w-0 flex-1 basis-48">
              <p className="flex flex-wrap items-center gap-2 font-medium">
                {token.name}
                <code className="font-mono text-small font-normal text-text-3">
                  {token.prefix}…
                </code>
              </p>
              <p className="text-small text-text-3">
                {[
                  token.user.name,
                  token.last_used_at
                    ? t("tokens.used", { ago: agoTime(token.last_used_at, now) })
                    : t("tokens.unused"),
                  token.expires_at
                    ? t("tokens.expires", { date: dateOnly(token.expires_at) })
                    : t("tokens.lifetime_never"),
                ].join(" · ")}
              </p>
            </div>
            <Badge>
              {token.scopes.length === 0
                ? t("tokens.everything")
                : t("tokens.scope_count", { count: token.scopes.length })}
            </Badge>
            <ConfirmButton
              label={t("tokens.revoke")}
              confirm={t("tokens.revoke_confirm")}
              onConfirm={() => revoke(token)}
            />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
