/** All keys, grouped, and the switch that turns single keys off. */
import "@/i18n/conversation";
import { Dialog, Kbd } from "@rapport/ui";
import { Switch } from "@rapport/ui/switch";
import { useTranslation } from "react-i18next";
import { type Action, type ActionGroup, allActions } from "@/actions/registry";
import { useOverlay } from "./overlays";
import { shortcutsOn } from "./preferences";
import { useStore } from "./store";

const groups: ActionGroup[] = ["navigate", "list", "conversation", "compose", "view", "general"];

export default function ShortcutSheet() {
  const { t } = useTranslation();
  const [open, setOpen] = useOverlay("shortcuts");
  const on = useStore(shortcutsOn);
  const withKeys = allActions().filter((action) => action.shortcut);
  const inComposer: Action[] = [
    { id: "send", label: "composer.send", shortcut: "mod+enter" },
    { id: "send-close", label: "composer.send_close", shortcut: "mod+shift+enter" },
  ].map((entry) => ({ ...entry, group: "compose", canRun: () => true, run: () => undefined }));
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      title={t("action.shortcuts")}
      closeLabel={t("common.close")}
      width="large"
      footer={
        <div className="me-auto">
          <Switch
            label={t("shortcuts.single_keys")}
            help={t("shortcuts.single_keys_help")}
            checked={on}
            onCheckedChange={shortcutsOn.set}
          />
        </div>
      }
    >
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: with the focus here, the keys can scroll the sheet.
        tabIndex={0}
        aria-label={t("action.shortcuts")}
        className="columns-1 gap-10 outline-none sm:columns-2"
      >
        {groups.map((group) => (
          <section key={group} className="mb-5 break-inside-avoid">
            <h3 className="mb-1 text-micro font-semibold text-text-3">{t(`shortcuts.${group}`)}</h3>
            <dl>
              {[...withKeys, ...inComposer]
                .filter((action) => action.group === group)
                .map((action) => (
                  <div
                    key={action.id}
                    className="flex min-h-8 items-center justify-between gap-4 border-b border-line/60 text-small last:border-0"
                  >
                    <dt>{t(action.label)}</dt>
                    <dd className="flex items-center gap-1.5 text-text-2">
                      <span className="sr-only">{action.shortcut}</span>
                      <Kbd keys={action.shortcut ?? ""} />
                      {action.alternative ? <Kbd keys={action.alternative} /> : null}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </section>
    </Dialog>
  );
}
