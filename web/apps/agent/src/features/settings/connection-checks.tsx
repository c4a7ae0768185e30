/** What a test of the connection found, one line for each step. */
import type { ChannelAccount, ConnectionCheck } from "@rapport/api";
import { CircleCheck, CircleX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { mediumTime } from "@/i18n/format";
import { directionsOf } from "./check-directions";
import { sentence, TechnicalDetails } from "./parts";
import { troubleOf } from "./trouble";

/** The names that steps have in an answer, and ours. */
const steps: Record<string, string> = {
  active: "active",
  inbound: "inbound",
  outbound: "outbound",
  origins: "origins",
  "Reach the server": "reach",
  "Protect the connection": "protect",
  "Log in": "log_in",
  "Open the mailbox": "open",
};

export function ConnectionChecks({
  account,
  checks,
}: {
  account: ChannelAccount;
  checks: ConnectionCheck[];
}) {
  const { t } = useTranslation();
  const directions = account.channel === "email" ? directionsOf(checks) : [];
  return (
    <ul className="mt-4 space-y-2.5">
      {checks.map((check, index) => {
        const direction = directions[index];
        const step = steps[check.name];
        const known = step ? t(`health.check_${step}`) : check.name;
        return (
          // Both directions have steps of the same name.
          // biome-ignore lint/suspicious/noArrayIndexKey: a test's steps stay in their order.
          <li key={index} className="flex gap-2.5">
            {check.ok ? (
              <CircleCheck className="mt-0.5 size-4 shrink-0 text-success" />
            ) : (
              <CircleX className="mt-0.5 size-4 shrink-0 text-danger" />
            )}
            <div className="min-w-0">
              <p className="font-medium">
                {direction ? t(`health.check_${direction}`, { what: known }) : known}
                <span className="sr-only">
                  {": "}
                  {t(check.ok ? "health.check_ok" : "health.check_failed")}
                </span>
              </p>
              <CheckOutcome account={account} check={check} />
            </div>
          </li>
        );
      })}
    </ul>
  );
}

function CheckOutcome({ account, check }: { account: ChannelAccount; check: ConnectionCheck }) {
  const { t } = useTranslation();
  const line = "text-small break-words text-text-2";
  const { last_inbound_at: arrived } = account.health;
  if (check.name === "inbound" && check.ok && arrived) {
    return <p className={line}>{t("health.check_arrived", { time: mediumTime(arrived) })}</p>;
  }
  const trouble = check.ok ? null : troubleOf(check.detail);
  if (!trouble) {
    return (
      <>
        <p className={line}>{sentence(check.detail)}</p>
        {check.remedy ? <p className={line}>{check.remedy}</p> : null}
      </>
    );
  }
  return (
    <>
      <p className={line}>{t(`trouble.${trouble}`)}</p>
      <p className={line}>{check.remedy ?? t(`remedy.${trouble}`)}</p>
      <TechnicalDetails text={check.detail} />
    </>
  );
}
