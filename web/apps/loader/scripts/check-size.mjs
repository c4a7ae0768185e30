// Fails when the compressed loader outgrows what a guest on somebody else's page may cost.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const limitBytes = 3_000;
const file = new URL("../../../dist/widget/widget.js", import.meta.url);
const bytes = gzipSync(readFileSync(file), { level: 9 }).length;
console.log(`widget.js: ${bytes} of ${limitBytes} bytes (gzip)`);
if (bytes > limitBytes) {
  process.exitCode = 1;
}
