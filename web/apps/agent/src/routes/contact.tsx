/** The profile of one contact. */
import { ApiError, api } from "@rapport/api";
import { EmptyState, Skeleton } from "@rapport/ui";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ArrowLeft, TriangleAlert } from "lucide-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { explain } from "@/app/notify";
import { usePermission } from "@/app/session";
import { keys } from "@/data/keys";
import { Profile } from "@/features/contact/profile";
import { NoAccess } from "./no-access";

export default function ContactScreen() {
  const { t } = useTranslation();
  const allowed = usePermission("contact.read");
  const { contactId = "" } = useParams({ strict: false }) as { contactId?: string };
  const contact = useQuery({
    queryKey: keys.contact(contactId),
    queryFn: () => api.contact(contactId),
    enabled: allowed,
  });
  useEffect(() => {
    document.title = contact.data?.display_name ?? t("nav.contacts");
  }, [contact.data, t]);
  if (!allowed) return <NoAccess permission="contact.read" />;
  return (
    <main id="main" tabIndex={-1} className="scroll-thin min-w-0 flex-1">
      <div className="mx-auto max-w-5xl px-4 py-6 sm:px-8">
        <Link
          to="/contacts"
          className="inline-flex items-center gap-1.5 text-small text-text-2 hover:text-text"
        >
          <ArrowLeft className="size-4 rtl:rotate-180" />
          {t("nav.contacts")}
        </Link>
        {contact.isPending ? <Skeleton className="mt-6 h-40" /> : null}
        {contact.isError ? (
          <EmptyState
            icon={<TriangleAlert />}
            title={t(
              contact.error instanceof ApiError && contact.error.status === 404
                ? "contacts.missing"
                : "contacts.error",
            )}
          >
            {explain(contact.error)}
          </EmptyState>
        ) : null}
        {contact.data ? <Profile contact={contact.data} /> : null}
      </div>
    </main>
  );
}
