// Holds the built app to its weight: what the first screen loads, and what any later part adds.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const limits = { firstScript: 220, firstStyle: 25, laterScript: 130 };
const dist = join(dirname(fileURLToPath(import.meta.url)), "../../../dist/agent");
const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8"));
const kilobytes = (file) => gzipSync(readFileSync(join(dist, file))).length / 1024;

function closure(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const next of manifest[name].imports ?? []) closure(next, seen);
  return seen;
}
const sum = (files) => [...new Set(files)].reduce((total, file) => total + kilobytes(file), 0);

const entry = Object.keys(manifest).find((name) => manifest[name].isEntry);
const first = closure(entry);
const results = [
  ["first load, script", sum([...first].map((name) => manifest[name].file)), limits.firstScript],
  [
    "first load, style",
    sum([...first].flatMap((name) => manifest[name].css ?? [])),
    limits.firstStyle,
  ],
];
for (const [name, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry) continue;
  const added = [...closure(name)].filter((part) => !first.has(part));
  results.push([chunk.name, sum(added.map((part) => manifest[part].file)), limits.laterScript]);
}
let failed = false;
for (const [name, size, limit] of results) {
  const over = size > limit;
  failed ||= over;
  console.log(
    `${over ? "OVER" : "ok  "} ${size.toFixed(1).padStart(6)} of ${limit} KB gzip  ${name}`,
  );
}
process.exit(failed ? 1 : 0);
