/** What to paste elsewhere so that messages arrive: on the website, in a mail server, in a program of one's own. */
import { api, type ChannelAccount, type EmailConfig } from "@rapport/api";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { complain } from "@/app/notify";
import { ConfirmButton } from "./confirm-button";
import { CodeBlock, Panel } from "./parts";

/** A secret just made lives only in this tab's memory, until the page is left. */
export const freshSecretKey = (id: string) => ["fresh-secret", id] as const;

export function Embed({ account }: { account: ChannelAccount }) {
  const { t } = useTranslation();
  if (!account.widget_key) return null;
  return (
    <Panel title={t("chat.embed")} lead={t("chat.embed_lead")}>
      <CodeBlock
        label={t("chat.embed")}
        code={`<script async src="${location.origin}/widget.js" data-key="${account.widget_key}"></script>`}
      />
    </Panel>
  );
}

export function Ingest({ account }: { account: ChannelAccount }) {
  const { t } = useTranslation();
  const { config } = account;
  if (!("inbound" in config) || (config as EmailConfig).inbound.kind !== "http") return null;
  return (
    <Panel title={t("email.ingest")} lead={t("email.ingest_lead")}>
      <CodeBlock
        label={t("email.ingest")}
        code={`curl --data-binary @message.eml \\\n  -H "Content-Type: message/rfc822" \\\n  -H "Authorization: Bearer rpt_…" \\\n  ${location.origin}/api/v1/ingest/email/${account.id}`}
      />
    </Panel>
  );
}

export function ApiExample({ account }: { account: ChannelAccount }) {
  const { t } = useTranslation();
  const body = {
    channel: "api",
    channel_account_id: account.id,
    to: { kind: "external", value: "customer-42", name: "Ana Kovač" },
    message: { direction: "inbound", body_text: "Where is my order?" },
  };
  return (
    <Panel title={t("api.example")} lead={t("api.example_lead")}>
      <CodeBlock
        label={t("api.example")}
        code={`curl -H "Authorization: Bearer rpt_…" \\\n  -H "Content-Type: application/json" \\\n  -d '${JSON.stringify(body)}' \\\n  ${location.origin}/api/v1/conversations`}
      />
    </Panel>
  );
}

export function IdentitySecret({ account }: { account: ChannelAccount }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const rotate = async () => {
    try {
      const { identity_secret } = await api.rotateSecret(account.id);
      cache.setQueryData(freshSecretKey(account.id), identity_secret);
      document.getElementById("main")?.scrollTo({ top: 0 });
    } catch (error) {
      complain(error);
    }
  };
  return (
    <Panel title={t("chat.secret")} lead={t("chat.secret_lead")}>
      <CodeBlock
        label={t("chat.identify")}
        code={`Rapport("identify", {\n  user_id: "42",\n  email: "ana@example.com",\n  hash: hex(HMAC_SHA256(identity_secret, "42")),\n});`}
      />
      <div className="mt-3">
        <ConfirmButton
          kind="secondary"
          label={t("chat.rotate")}
          confirm={t("chat.rotate_confirm")}
          onConfirm={rotate}
        />
      </div>
    </Panel>
  );
}
