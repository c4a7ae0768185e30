/** Whether an account works: what came and went, what went wrong, and a test on request. */
import { api, type ChannelAccount, type ConnectionCheck } from "@rapport/api";
import { Button, Notice } from "@rapport/ui";
import { Switch } from "@rapport/ui/switch";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { complain } from "@/app/notify";
import { mediumTime } from "@/i18n/format";
import { ConnectionChecks } from "./connection-checks";
import { Panel, sentence, TechnicalDetails } from "./parts";
import { troubleOf } from "./trouble";

export function AccountHealth({
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
        {/* In the other channels nothing is handed to a server that could take it or not. */}
        {account.channel === "email" ? (
          <div className="flex justify-between gap-3">
            <dt className="text-text-3">{t("health.sent")}</dt>
            <dd>{when(health.last_outbound_at)}</dd>
          </div>
        ) : null}
      </dl>
      {health.last_error ? (
        <Trouble
          said={health.last_error}
          at={health.last_error_at}
          now={health.state === "error"}
        />
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
          <ConnectionChecks account={account} checks={tested.checks} />
        ) : null}
      </div>
    </Panel>
  );
}

/** What went wrong last. What has been overcome is told quietly. */
function Trouble({ said, at, now }: { said: string; at: string | null; now: boolean }) {
  const { t } = useTranslation();
  const trouble = troubleOf(said);
  return (
    <Notice tone={now ? "danger" : "neutral"} className="mt-3">
      <p className="break-words">
        <strong className="font-semibold">
          {trouble ? t(`trouble.${trouble}`) : sentence(said)}
        </strong>{" "}
        {at ? `(${mediumTime(at)})` : ""}
      </p>
      {trouble ? (
        <>
          <p className="mt-0.5">{t(`remedy.${trouble}`)}</p>
          <TechnicalDetails text={said} />
        </>
      ) : null}
    </Notice>
  );
}
