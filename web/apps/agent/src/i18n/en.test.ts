import { describe, expect, it } from "vitest";
import auth from "./en.auth.json";
import bulk from "./en.bulk.json";
import conversation from "./en.conversation.json";
import first from "./en.json";
import settings from "./en.settings.json";

const files: Record<string, object>[] = [first, auth, bulk, conversation, settings];
const en: Record<string, object> = Object.assign({}, ...files);

const sources = import.meta.glob("../**/*.{ts,tsx}", {
  query: "?raw",
  import: "default",
  eager: true,
}) as Record<string, string>;

function flatten(tree: object, prefix = ""): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "string" ? [prefix + key] : flatten(value as object, `${prefix}${key}.`),
  );
}
const known = new Set(flatten(en));
const isKnown = (key: string) => known.has(key) || known.has(`${key}_other`);
const groups = [...known].map((key) => key.slice(0, key.indexOf(".")));

describe("the language file", () => {
  it("has every text the screens ask for by name", () => {
    const missing: string[] = [];
    for (const [file, source] of Object.entries(sources)) {
      if (file.includes(".test.")) continue;
      const asked = source.matchAll(
        /\b(?:t|translate)\(\s*"([^"]+)"|(?:label|keywords): "(action\.[^"]+)"/g,
      );
      for (const match of asked) {
        const key = match[1] ?? match[2] ?? "";
        if (!isKnown(key)) missing.push(`${file}: ${key}`);
      }
      for (const match of source.matchAll(/\bt\(\s*`([a-z_]+)\.[^`]*\$\{/g)) {
        if (!groups.includes(match[1] ?? "")) missing.push(`${file}: ${match[1]}.*`);
      }
      for (const match of source.matchAll(/\bt\(\s*\w+ \? "([^"]+)" : "([^"]+)"/g)) {
        for (const key of [match[1], match[2]]) {
          if (key && !isKnown(key)) missing.push(`${file}: ${key}`);
        }
      }
    }
    expect(missing).toEqual([]);
  });

  it("has a singular for every plural that counts", () => {
    const texts = Object.values(en).flatMap((group) => Object.entries(group));
    const plurals = texts.filter(
      ([key, text]) => key.endsWith("_other") && text.includes("{{count}}"),
    );
    const keys = new Set(texts.map(([key]) => key));
    expect(
      plurals.map(([key]) => key.replace(/_other$/, "_one")).filter((key) => !keys.has(key)),
    ).toEqual([]);
    expect(plurals.length).toBeGreaterThan(10);
  });
});
