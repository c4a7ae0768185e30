/** Name of the workspace and the rules that hold for everyone in it. */
import { api, type Me, type WorkspaceSettings } from "@rapport/api";
import { Button, Field, Input, Select } from "@rapport/ui";
import { Switch } from "@rapport/ui/switch";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { complain, say } from "@/app/notify";
import { useMe } from "@/app/session";
import { keys } from "@/data/keys";
import { LeaveGuard } from "./leave-guard";
import { PageTitle, Panel } from "./parts";

const longestUndo = 30;

export function WorkspacePage() {
  const { t } = useTranslation();
  const { workspace } = useMe();
  const cache = useQueryClient();
  const [name, setName] = useState(workspace.name);
  const [settings, setSettings] = useState<WorkspaceSettings>(workspace.settings);
  const [busy, setBusy] = useState(false);
  const set = (change: Partial<WorkspaceSettings>) => setSettings({ ...settings, ...change });
  const changed =
    name.trim() !== workspace.name ||
    JSON.stringify(settings) !== JSON.stringify(workspace.settings);

  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const saved = await api.changeWorkspace({ name: name.trim(), settings });
      cache.setQueryData<Me>(keys.me, (me) => (me ? { ...me, workspace: saved } : me));
      say(t("toast.saved"));
    } catch (error) {
      complain(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={save}>
      <LeaveGuard unsaved={() => changed} />
      <PageTitle title={t("settings.workspace")} lead={t("workspace.lead")} />
      <Panel>
        <Field label={t("workspace.name")}>
          {(field) => (
            <Input
              {...field}
              required
              maxLength={100}
              value={name}
              onChange={(event) => setName(event.target.value)}
              className="max-w-sm"
            />
          )}
        </Field>
      </Panel>
      <Panel title={t("workspace.conversations")}>
        <div className="space-y-5">
          <Field
            label={t("workspace.scope")}
            help={t(`workspace.scope_${settings.conversation_scope}_help`)}
          >
            {(field) => (
              <Select
                {...field}
                className="max-w-sm"
                value={settings.conversation_scope}
                onChange={(event) =>
                  set({
                    conversation_scope: event.target
                      .value as WorkspaceSettings["conversation_scope"],
                  })
                }
              >
                {(["contact", "contact_and_sender"] as const).map((scope) => (
                  <option key={scope} value={scope}>
                    {t(`workspace.scope_${scope}`)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label={t("workspace.undo")} help={t("workspace.undo_help")}>
            {(field) => (
              <Input
                {...field}
                type="number"
                min={0}
                max={longestUndo}
                className="max-w-28"
                value={settings.email_undo_seconds}
                onChange={(event) =>
                  set({
                    email_undo_seconds: Math.min(
                      longestUndo,
                      Math.max(0, event.target.valueAsNumber || 0),
                    ),
                  })
                }
              />
            )}
          </Field>
          <Switch
            label={t("workspace.manual")}
            help={t("workspace.manual_help")}
            checked={settings.manual_assignment}
            onCheckedChange={(manual_assignment) => set({ manual_assignment })}
          />
        </div>
      </Panel>
      {changed ? (
        <div className="sticky bottom-4 flex items-center gap-3 rounded-popover bg-raised px-5 py-3 shadow-dialog">
          <span className="flex-1 text-body font-medium">{t("settings.unsaved")}</span>
          <Button
            kind="ghost"
            onClick={() => {
              setName(workspace.name);
              setSettings(workspace.settings);
            }}
          >
            {t("settings.discard")}
          </Button>
          <Button type="submit" kind="primary" busy={busy}>
            {t("common.save")}
          </Button>
        </div>
      ) : null}
    </form>
  );
}
