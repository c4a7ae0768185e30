/** A button for what cannot be undone: the second press, a moment later, does it. */
import { Button } from "@rapport/ui";
import { useEffect, useState } from "react";

const confirmWithin = 4_000;

export function ConfirmButton({
  label,
  confirm,
  kind = "ghost",
  onConfirm,
}: {
  label: string;
  confirm: string;
  kind?: "ghost" | "secondary";
  onConfirm: () => Promise<unknown>;
}) {
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (!asked) return;
    const timer = window.setTimeout(() => setAsked(false), confirmWithin);
    return () => window.clearTimeout(timer);
  }, [asked]);
  return (
    <>
      <Button
        kind={asked ? "danger" : kind}
        busy={busy}
        onBlur={() => setAsked(false)}
        onKeyDown={(event) => {
          if (event.key === "Escape") setAsked(false);
        }}
        onClick={() => {
          if (!asked) {
            setAsked(true);
            return;
          }
          setAsked(false);
          setBusy(true);
          void onConfirm().finally(() => setBusy(false));
        }}
      >
        {asked ? confirm : label}
      </Button>
      {/* Whoever does not see the button change hears that it asks again. */}
      <span role="status" className="sr-only">
        {asked ? confirm : ""}
      </span>
    </>
  );
}
