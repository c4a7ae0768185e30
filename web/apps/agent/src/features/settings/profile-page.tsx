/** One's own name and password, and how the screen looks and listens to keys. */
import { ApiError, api, type Me } from "@rapport/api";
import { Button, cx, Field, Input } from "@rapport/ui";
import { Switch } from "@rapport/ui/switch";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { complain, explain, say } from "@/app/notify";
import { densities, density, enterSends, shortcutsOn, theme, themes } from "@/app/preferences";
import { useMe } from "@/app/session";
import { type Store, useStore } from "@/app/store";
import { keys } from "@/data/keys";
import { isLongEnough, shortestPassword, useFirstError } from "@/features/auth";
import { PageTitle, Panel } from "./parts";

export function ProfilePage() {
  const { t } = useTranslation();
  return (
    <>
      <PageTitle title={t("settings.profile")} />
      <NamePanel />
      <Panel title={t("profile.appearance")}>
        <div className="space-y-5">
          <Choice legend={t("theme.label")} store={theme} choices={themes} words="theme" />
          <Choice
            legend={t("profile.density")}
            store={density}
            choices={densities}
            words="density"
          />
        </div>
      </Panel>
      <KeysPanel />
      <PasswordPanel />
    </>
  );
}

function NamePanel() {
  const { t } = useTranslation();
  const me = useMe();
  const cache = useQueryClient();
  const [name, setName] = useState(me.user.name);
  const [busy, setBusy] = useState(false);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      cache.setQueryData<Me>(keys.me, await api.renameMe(name.trim()));
      void cache.invalidateQueries({ queryKey: keys.users });
      say(t("toast.saved"));
    } catch (error) {
      complain(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={save}>
      <Panel
        title={t("profile.about")}
        footer={
          <Button
            type="submit"
            kind="primary"
            busy={busy}
            disabled={!name.trim() || name.trim() === me.user.name}
          >
            {t("common.save")}
          </Button>
        }
      >
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t("field.name")} help={t("profile.name_help")}>
            {(field) => (
              <Input
                {...field}
                autoComplete="name"
                value={name}
                maxLength={100}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
          <Field label={t("field.email")}>
            {(field) => <Input {...field} value={me.user.email ?? ""} disabled />}
          </Field>
        </div>
      </Panel>
    </form>
  );
}

function Choice<T extends string>({
  legend,
  store,
  choices,
  words,
}: {
  legend: string;
  store: Store<T>;
  choices: readonly T[];
  words: string;
}) {
  const { t } = useTranslation();
  const chosen = useStore(store);
  return (
    <fieldset>
      <legend className="mb-1.5 text-small font-medium">{legend}</legend>
      <div className="inline-flex flex-wrap gap-0.5 rounded-card bg-sunken p-0.5">
        {choices.map((choice) => (
          <label
            key={choice}
            className={cx(
              "flex h-8 cursor-pointer items-center rounded-control px-3 text-body text-text-2 has-focus-visible:outline-2 has-focus-visible:outline-accent",
              choice === chosen &&
                "bg-bg font-medium text-text shadow-[0_0_0_1px_var(--line)] dark:bg-hover",
            )}
          >
            <input
              type="radio"
              name={words}
              className="sr-only"
              checked={choice === chosen}
              onChange={() => store.set(choice)}
            />
            {t(`${words}.${choice}`)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function KeysPanel() {
  const { t } = useTranslation();
  const singleKeys = useStore(shortcutsOn);
  const enter = useStore(enterSends);
  return (
    <Panel title={t("profile.keyboard")}>
      <div className="space-y-4">
        <Switch
          label={t("shortcuts.single_keys")}
          help={t("shortcuts.single_keys_help")}
          checked={singleKeys}
          onCheckedChange={shortcutsOn.set}
        />
        <Switch
          label={t("profile.enter_sends")}
          help={t("profile.enter_sends_help")}
          checked={enter}
          onCheckedChange={enterSends.set}
        />
      </div>
    </Panel>
  );
}

function PasswordPanel() {
  const { t } = useTranslation();
  const me = useMe();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  useFirstError(errors);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (!isLongEnough(next)) {
      setErrors({ new_password: t("auth.password_short", { count: shortestPassword }) });
      return;
    }
    setBusy(true);
    setErrors({});
    try {
      await api.changePassword({ current_password: current, new_password: next });
      setCurrent("");
      setNext("");
      say(t("profile.password_changed"));
    } catch (error) {
      if (error instanceof ApiError && error.fieldErrors.length > 0) {
        setErrors(Object.fromEntries(error.fieldErrors.map((e) => [e.field, e.message])));
      } else if (error instanceof ApiError && error.code === "invalid_credentials") {
        setErrors({ current_password: t("profile.password_wrong") });
      } else setErrors({ new_password: explain(error) });
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={save}>
      <Panel
        title={t("profile.password")}
        lead={t("profile.password_lead")}
        footer={
          <Button type="submit" busy={busy} disabled={!current || !next}>
            {t("profile.change_password")}
          </Button>
        }
      >
        <input type="hidden" autoComplete="username" value={me.user.email ?? ""} readOnly />
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t("profile.current_password")} error={errors.current_password}>
            {(field) => (
              <Input
                {...field}
                type="password"
                autoComplete="current-password"
                value={current}
                onChange={(event) => setCurrent(event.target.value)}
              />
            )}
          </Field>
          <Field
            label={t("profile.new_password")}
            help={t("auth.password_help", { count: shortestPassword })}
            error={errors.new_password}
          >
            {(field) => (
              <Input
                {...field}
                type="password"
                autoComplete="new-password"
                value={next}
                onChange={(event) => setNext(event.target.value)}
              />
            )}
          </Field>
        </div>
      </Panel>
    </form>
  );
}
