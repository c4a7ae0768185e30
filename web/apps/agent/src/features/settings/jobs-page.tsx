/** Work that failed for good: what, why, and another try. */
import { api, type Job } from "@rapport/api";
import { Button, EmptyState, Skeleton } from "@rapport/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CheckCheck, RotateCw } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNow } from "@/app/clock";
import { complain, explain, say } from "@/app/notify";
import { keys } from "@/data/keys";
import { agoTime } from "@/i18n/format";
import { PageTitle, Panel } from "./parts";

export function JobsPage() {
  const { t } = useTranslation();
  const jobs = useQuery({
    queryKey: keys.deadJobs,
    queryFn: async () => (await api.deadJobs()).data,
    refetchInterval: 30_000,
  });
  return (
    <>
      <PageTitle title={t("settings.failures")} lead={t("jobs.lead")} />
      {jobs.isPending ? <Skeleton className="h-32" /> : null}
      {jobs.isError ? <Panel>{explain(jobs.error)}</Panel> : null}
      {jobs.data?.length === 0 ? (
        <EmptyState icon={<CheckCheck />} title={t("jobs.none")}>
          {t("jobs.none_hint")}
        </EmptyState>
      ) : null}
      {jobs.data && jobs.data.length > 0 ? (
        <Panel>
          <ul className="-my-3 divide-y divide-line">
            {jobs.data.map((job) => (
              <JobRow key={job.id} job={job} />
            ))}
          </ul>
        </Panel>
      ) : null}
    </>
  );
}

function JobRow({ job }: { job: Job }) {
  const { t } = useTranslation();
  const now = useNow();
  const cache = useQueryClient();
  const [busy, setBusy] = useState(false);
  const replay = async () => {
    setBusy(true);
    try {
      await api.replayJob(job.id);
      await cache.invalidateQueries({ queryKey: keys.deadJobs });
      say(t("jobs.replayed"));
    } catch (error) {
      complain(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <li className="flex flex-wrap items-start gap-3 py-3">
      <div className="min-w-0 flex-1 basis-64">
        <p className="font-medium">{t(`jobs.kind_${job.kind}`, { defaultValue: job.kind })}</p>
        <p className="mt-0.5 text-small break-words text-danger">{job.last_error}</p>
        <p className="mt-1 text-small text-text-3">
          {t("jobs.attempts", { count: job.attempts })} · {agoTime(job.run_at, now)}
        </p>
      </div>
      <Button busy={busy} onClick={() => void replay()}>
        <RotateCw className="size-3.5" />
        {t("jobs.replay")}
      </Button>
    </li>
  );
}
