import type { EmailConfig } from "@rapport/api";
import { describe, expect, it } from "vitest";
import {
  asHtml,
  configOf,
  presetOf,
  providerOf,
  schemaFor,
  secretsOf,
  serverError,
  type Values,
  valuesOf,
} from "./email-values";

const stored: EmailConfig = {
  address: "help@acme.test",
  inbound: { kind: "imap", host: "imap.acme.test", username: "help@acme.test" },
  outbound: { kind: "smtp", host: "smtp.acme.test", username: "help@acme.test" },
};
const withTokens = (change: Partial<Values> = {}): Values => ({
  ...valuesOf("Help", stored),
  inbound_authentication: "oauth2",
  oauth_client_id: "client",
  oauth_token_endpoint: "https://oauth2.googleapis.com/token",
  oauth_refresh_token: "refresh",
  ...change,
});
const problems = (value: Values, secretsSet: string[] = []) =>
  (schemaFor(secretsSet).safeParse(value).error?.issues ?? []).map((issue) => issue.path.join());

describe("a mail account that logs in with access tokens", () => {
  it("needs the provider only where a half of it asks for tokens", () => {
    expect(problems(valuesOf("Help", stored))).toEqual([]);
    const empty = { oauth_client_id: "", oauth_token_endpoint: "", oauth_refresh_token: "" };
    const asked = ["oauth_client_id", "oauth_token_endpoint", "oauth_refresh_token"];
    expect(problems(withTokens(empty))).toEqual(asked);
    expect(problems(withTokens({ ...empty, inbound_kind: "http" }))).toEqual([]);
  });

  it("needs the name of the mailbox on the half with tokens, and no refresh token twice", () => {
    expect(problems(withTokens({ inbound_username: "", outbound_username: "" }))).toEqual([
      "inbound_username",
    ]);
    expect(problems(withTokens({ oauth_refresh_token: "" }), ["oauth_refresh_token"])).toEqual([]);
  });

  it("is written as the server reads it, and read back the same", () => {
    const config = configOf(withTokens(), stored);
    expect(config.inbound.authentication).toBe("oauth2");
    expect(config.outbound.authentication).toBe("password");
    expect(config.oauth).toEqual({
      client_id: "client",
      token_endpoint: "https://oauth2.googleapis.com/token",
      scope: null,
    });
    expect(configOf(valuesOf("Help", config), config)).toEqual(config);
  });

  it("keeps what the provider was told when it goes back to a password", () => {
    const before = configOf(withTokens(), stored);
    const after = configOf(
      { ...valuesOf("Help", before), inbound_authentication: "password" },
      before,
    );
    expect(after.oauth).toEqual(before.oauth);
    expect(after.inbound.authentication).toBe("password");
  });

  it("sends only the secrets of the ways in use", () => {
    const typed = { inbound_password: "old", outbound_password: "new" };
    expect(secretsOf(withTokens(typed))).toEqual({
      outbound_password: "new",
      oauth_refresh_token: "refresh",
    });
    const password = withTokens({ ...typed, inbound_authentication: "password" });
    expect(secretsOf(password)).toEqual(typed);
  });

  it("finds the field that a refusal means", () => {
    expect(serverError({ "config.oauth.client_id": "a" }, "oauth_client_id")).toBe("a");
    expect(serverError({ "config.oauth": "b" }, "oauth_client_id")).toBe("b");
    expect(serverError({ "config.inbound.username": "c" }, "inbound_username")).toBe("c");
    expect(serverError({ "secrets.oauth_refresh_token": "d" }, "oauth_refresh_token")).toBe("d");
    expect(serverError({ "secrets.inbound_password": "e" }, "inbound_password")).toBe("e");
  });
});

describe("a provider", () => {
  it("is recognised, also by the address of one tenant", () => {
    expect(providerOf("https://oauth2.googleapis.com/token")).toBe("google");
    expect(providerOf("https://login.microsoftonline.com/acme/oauth2/v2.0/token")).toBe(
      "microsoft",
    );
    expect(providerOf("https://login.acme.test/token")).toBe("other");
  });

  it("names its servers only where nobody has", () => {
    const preset = presetOf("microsoft", withTokens({ inbound_host: "" }));
    expect(preset.inbound_host).toBe("outlook.office365.com");
    expect(preset.oauth_scope).toContain("SMTP.Send");
    expect(presetOf("google", withTokens())).not.toHaveProperty("inbound_host");
    expect(presetOf("other", withTokens()).oauth_token_endpoint).toBe("");
  });
});

it("a signature without markup keeps its lines and signs, and one with markup stays as it is", () => {
  expect(asHtml("Ana & Bo\n<3 mountains\n")).toBe("<p>Ana &amp; Bo<br>&lt;3 mountains</p>");
  expect(asHtml("<p>Ana<br>Bo</p>")).toBe("<p>Ana<br>Bo</p>");
  expect(asHtml("Ana &amp; Bo")).toBe("Ana &amp; Bo");
  expect(asHtml("  ")).toBe("  ");
});
