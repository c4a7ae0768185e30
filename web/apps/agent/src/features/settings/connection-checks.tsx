/** What a test of the connection found, one line for each step. */
import type { ChannelAccount, ConnectionCheck } from "@rapport/api";
import { CircleCheck, CircleX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { directionsOf } from "./check-directions";

export function ConnectionChecks({
  channel,
  checks,
}: {
  channel: ChannelAccount["channel"];
  checks: ConnectionCheck[];
}) {
  const { t } = useTranslation();
  const directions = channel === "email" ? directionsOf(checks) : [];
  return (
    <ul className="mt-4 space-y-2.5">
      {checks.map((check, index) => {
        const direction = directions[index];
        const known = t(`health.check_${check.name}`, { defaultValue: check.name });
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
              <p className="text-small break-words text-text-2">{check.detail}</p>
              {check.remedy ? (
                <p className="text-small break-words text-text-2">{check.remedy}</p>
              ) : null}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
