/** The quiet page around log-in, set-up and invitations. */
import "@/i18n/auth";
import { Logo } from "@rapport/ui";
import type { ReactNode } from "react";

export function AuthPage({
  title,
  lead,
  children,
  footer,
}: {
  title: string;
  lead?: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
}) {
  return (
    <main className="flex min-h-full flex-col items-center bg-surface px-4 py-10 sm:justify-center">
      <div className="w-full max-w-[25rem]">
        <Logo className="mx-auto mb-6 size-11" />
        <div className="rounded-popover bg-bg p-6 shadow-[0_0_0_1px_var(--line),0_8px_24px_rgb(15_18_24/0.05)] sm:p-8">
          <h1 className="text-center text-display">{title}</h1>
          {lead ? <p className="mt-1.5 text-center text-body text-text-2">{lead}</p> : null}
          <div className="mt-6">{children}</div>
        </div>
        {footer ? <div className="mt-5 text-center text-small text-text-3">{footer}</div> : null}
      </div>
    </main>
  );
}
