// Fails when what the panel loads first outgrows its budget. Languages load apart, one at most.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const limitBytes = 30_000;
const folder = new URL("../../../dist/widget/", import.meta.url);
const sizeOf = (path) => gzipSync(readFileSync(new URL(path, folder)), { level: 9 }).length;

const page = readFileSync(new URL("panel.html", folder), "utf8");
const named = [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map((match) => match[1]);
const scripts = readdirSync(new URL("assets/", folder)).filter((name) => name.endsWith(".js"));
const languages = scripts.map((name) => `assets/${name}`).filter((path) => !named.includes(path));
const first = named.reduce((sum, path) => sum + sizeOf(path), sizeOf("panel.html"));
const language = Math.max(0, ...languages.map(sizeOf));

console.log(
  `panel: ${first} bytes and at most ${language} for a language, of ${limitBytes} (gzip)`,
);
if (named.length === 0 || first + language > limitBytes) {
  process.exitCode = 1;
}
