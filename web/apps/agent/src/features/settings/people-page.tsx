/** Teammates, their roles, and invitations whose link is shown once. */
import { ApiError, api, type Invitation, type Role, type User } from "@rapport/api";
import { Avatar, Badge, Button, Field, Input, Select, Skeleton } from "@rapport/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNow } from "@/app/clock";
import { complain, explain, say } from "@/app/notify";
import { useMe, usePermission } from "@/app/session";
import { keys } from "@/data/keys";
import { usersQuery } from "@/data/queries";
import { agoTime, dateOnly } from "@/i18n/format";
import { OnceSecret, PageTitle, Panel } from "./parts";

const roles: Role[] = ["admin", "supervisor", "user", "read_only"];

export function PeoplePage() {
  const { t } = useTranslation();
  const mayManage = usePermission("user.manage");
  return (
    <>
      <PageTitle title={t("settings.people")} lead={t("people.lead")} />
      {mayManage ? <InvitePanel /> : null}
      <Teammates mayManage={mayManage} />
      {mayManage ? <OpenInvitations /> : null}
    </>
  );
}

function RoleSelect({
  value,
  label,
  id,
  disabled,
  onChange,
}: {
  value: Role;
  /** Where no visible label names it. */
  label?: string;
  id?: string;
  disabled?: boolean;
  onChange: (role: Role) => void;
}) {
  const { t } = useTranslation();
  return (
    <Select
      id={id}
      aria-label={label}
      value={value}
      disabled={disabled}
      className="w-40"
      onChange={(event) => onChange(event.target.value as Role)}
    >
      {roles.map((role) => (
        <option key={role} value={role}>
          {t(`role.${role}`)}
        </option>
      ))}
    </Select>
  );
}

function InvitePanel() {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("user");
  const [error, setError] = useState<string | null>(null);
  const [made, setMade] = useState<Invitation | null>(null);
  const [busy, setBusy] = useState(false);
  const invite = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      setMade(await api.invite({ email: email.trim(), role }));
      setEmail("");
      void cache.invalidateQueries({ queryKey: keys.invitations });
    } catch (cause) {
      const first = cause instanceof ApiError ? cause.fieldErrors[0]?.message : undefined;
      setError(first ?? explain(cause));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Panel title={t("people.invite")} lead={t(`role.${role}_means`)}>
      {made?.url ? (
        <OnceSecret
          value={made.url}
          label={t("people.link_for", { email: made.email })}
          hint={t("people.link_once", { date: dateOnly(made.expires_at) })}
        />
      ) : null}
      <form onSubmit={invite} className="flex flex-wrap items-start gap-3">
        <Field label={t("field.email")} error={error} className="min-w-52 flex-1">
          {(field) => (
            <Input
              {...field}
              type="email"
              required
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          )}
        </Field>
        <Field label={t("field.role")}>
          {({ id }) => <RoleSelect id={id} value={role} onChange={setRole} />}
        </Field>
        <Button type="submit" kind="primary" busy={busy} className="mt-6 h-9 pointer-coarse:h-11">
          {t("people.send_invite")}
        </Button>
      </form>
    </Panel>
  );
}

function Teammates({ mayManage }: { mayManage: boolean }) {
  const { t } = useTranslation();
  const users = useQuery(usersQuery);
  if (users.isPending) return <Skeleton className="h-48" />;
  if (users.isError) return <Panel>{explain(users.error)}</Panel>;
  return (
    <Panel title={t("people.teammates")}>
      <ul className="-my-2 divide-y divide-line">
        {users.data.map((user) => (
          <Teammate key={user.id} user={user} mayManage={mayManage} />
        ))}
      </ul>
    </Panel>
  );
}

function Teammate({ user, mayManage }: { user: User; mayManage: boolean }) {
  const { t } = useTranslation();
  const me = useMe();
  const now = useNow();
  const cache = useQueryClient();
  const isMe = user.id === me.user.id;
  const change = async (fields: { role?: Role; active?: boolean }, undoable = true) => {
    const write = (next: User) =>
      cache.setQueryData<User[]>(keys.users, (users) =>
        users?.map((other) => (other.id === next.id ? { ...other, ...next } : other)),
      );
    write({ ...user, ...fields });
    try {
      write(await api.changeUser(user.id, fields));
      // Arrow keys change a closed list at once, so a slip has to be easy to take back.
      const { role, active } = user;
      say(t("toast.saved"), undoable ? { undo: () => change({ role, active }, false) } : undefined);
    } catch (error) {
      write(user);
      complain(error);
    }
  };
  return (
    <li className="flex flex-wrap items-center gap-3 py-2.5">
      <Avatar id={user.id} name={user.name} className={user.active ? undefined : "opacity-50"} />
      <div className="min-w-0 flex-1 basis-40">
        <p className="flex items-center gap-2 truncate font-medium">
          {user.name}
          {isMe ? <Badge>{t("common.you")}</Badge> : null}
          {user.active ? null : <Badge tone="warning">{t("people.inactive")}</Badge>}
        </p>
        <p className="truncate text-small text-text-3">
          {[
            user.email,
            user.online
              ? t("assign.online")
              : user.last_seen_at
                ? t("people.seen", { ago: agoTime(user.last_seen_at, now) })
                : null,
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
      </div>
      {mayManage ? (
        <>
          <RoleSelect
            value={user.role}
            label={t("people.role_of", { name: user.name })}
            disabled={isMe}
            onChange={(role) => void change({ role })}
          />
          <Button
            kind="ghost"
            disabled={isMe}
            onClick={() => void change({ active: !user.active })}
            className="w-28"
          >
            {t(user.active ? "people.deactivate" : "people.activate")}
          </Button>
        </>
      ) : (
        <Badge>{t(`role.${user.role}`)}</Badge>
      )}
    </li>
  );
}

function OpenInvitations() {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const { data } = useQuery({
    queryKey: keys.invitations,
    queryFn: async () => (await api.invitations()).data,
  });
  const open = data?.filter((invitation) => invitation.accepted_at === null) ?? [];
  if (open.length === 0) return null;
  const withdraw = async (id: string) => {
    try {
      await api.withdrawInvitation(id);
      await cache.invalidateQueries({ queryKey: keys.invitations });
      say(t("people.withdrawn"));
    } catch (error) {
      complain(error);
    }
  };
  return (
    <Panel title={t("people.invited")}>
      <ul className="-my-2 divide-y divide-line">
        {open.map((invitation) => (
          <li key={invitation.id} className="flex flex-wrap items-center gap-3 py-2.5">
            <div className="min-w-0 flex-1 basis-40">
              <p className="truncate font-medium">{invitation.email}</p>
              <p className="text-small text-text-3">
                {t("people.invited_by", {
                  name: invitation.invited_by.name,
                  date: dateOnly(invitation.expires_at),
                })}
              </p>
            </div>
            <Badge>{t(`role.${invitation.role}`)}</Badge>
            <Button kind="ghost" onClick={() => void withdraw(invitation.id)}>
              {t("people.withdraw")}
            </Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
