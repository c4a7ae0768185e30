/** Notices that the server delivers a newer build of this app than the one that runs. */
import { Button } from "@rapport/ui";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

const checkEvery = 5 * 60_000;

/** The entry script carries a hash of its content, so its name is the version. */
function entryOf(html: string): string | null {
  return /<script[^>]+type="module"[^>]+src="([^"]+)"/.exec(html)?.[1] ?? null;
}
const running = document.querySelector('script[type="module"][src]')?.getAttribute("src") ?? null;

async function isOutdated(): Promise<boolean> {
  const response = await fetch("/", { cache: "no-cache", headers: { Accept: "text/html" } });
  if (!response.ok) return false;
  const latest = entryOf(await response.text());
  return latest !== null && latest !== running;
}

export function NewVersionBar() {
  const { t } = useTranslation();
  const [outdated, setOutdated] = useState(false);
  useEffect(() => {
    if (import.meta.env.DEV || outdated) return;
    const check = () => {
      if (document.visibilityState !== "visible") return;
      isOutdated()
        .then(setOutdated)
        .catch(() => undefined);
    };
    const timer = window.setInterval(check, checkEvery);
    document.addEventListener("visibilitychange", check);
    return () => {
      window.clearInterval(timer);
      document.removeEventListener("visibilitychange", check);
    };
  }, [outdated]);
  if (!outdated) return null;
  return (
    <div
      role="status"
      className="flex items-center justify-center gap-3 bg-accent-soft px-4 py-1.5 text-small text-accent-text"
    >
      {t("version.ready")}
      <Button size="small" onClick={() => window.location.reload()}>
        {t("version.reload")}
      </Button>
    </div>
  );
}
