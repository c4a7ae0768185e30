/** Everything beside the conversation: the contact, the attributes, what is related, what came before. */
import type { ConversationDetail } from "@rapport/api";
import { cx, IconButton } from "@rapport/ui";
import { ChevronDown, X } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { createPersistentStore, useStore } from "@/app/store";
import { AttributesCard } from "./attributes-card";
import { ContactCard } from "./contact-card";
import { HistoryCard, RelatedCard } from "./related-cards";

const isStringList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === "string");
const collapsedCards = createPersistentStore<string[]>("drawer-collapsed", [], isStringList);

export interface ContactDrawerProps {
  detail: ConversationDetail;
  onOpen: (id: string) => void;
  /** Given where the drawer lies over the conversation and can be put away. */
  onClose?: () => void;
}

export function ContactDrawer({ detail, onOpen, onClose }: ContactDrawerProps) {
  const { t } = useTranslation();
  useEffect(() => {
    if (!onClose) return;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.defaultPrevented) onClose();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [onClose]);
  return (
    <aside
      aria-label={t("nav.details")}
      className={cx(
        "scroll-thin flex w-80 shrink-0 flex-col bg-surface",
        onClose
          ? "fixed inset-y-0 end-0 z-20 max-w-full animate-sheet shadow-dialog max-sm:w-full"
          : "border-s border-line",
      )}
    >
      {onClose ? (
        <div className="flex h-14 shrink-0 items-center justify-between border-b border-line ps-5 pe-3">
          <h2 className="text-heading">{t("nav.details")}</h2>
          <IconButton label={t("common.close")} icon={<X className="size-4" />} onClick={onClose} />
        </div>
      ) : null}
      <ContactCard detail={detail} />
      <Card id="attributes" title={t("drawer.attributes")}>
        <AttributesCard detail={detail} />
      </Card>
      {detail.links.length > 0 || detail.follow_up_of ? (
        <Card id="related" title={t("drawer.related")}>
          <RelatedCard detail={detail} onOpen={onOpen} />
        </Card>
      ) : null}
      {detail.contact ? (
        <Card id="history" title={t("drawer.history")}>
          <HistoryCard
            contactId={detail.contact.id}
            shownIds={[detail.id, ...detail.links.map((link) => link.conversation.id)]}
            onOpen={onOpen}
          />
        </Card>
      ) : null}
    </aside>
  );
}

function Card({ id, title, children }: { id: string; title: string; children: ReactNode }) {
  const collapsed = useStore(collapsedCards).includes(id);
  return (
    <section className="border-t border-line">
      <h3>
        <button
          type="button"
          aria-expanded={!collapsed}
          onClick={() =>
            collapsedCards.set((cards) =>
              collapsed ? cards.filter((card) => card !== id) : [...cards, id],
            )
          }
          className="flex h-11 w-full items-center justify-between px-5 text-small font-semibold text-text hover:bg-hover"
        >
          {title}
          <ChevronDown
            className={cx(
              "size-4 text-text-3 transition-transform duration-75",
              collapsed && "-rotate-90 rtl:rotate-90",
            )}
          />
        </button>
      </h3>
      {collapsed ? null : <div className="px-5 pb-4">{children}</div>}
    </section>
  );
}
