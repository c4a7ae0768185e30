import { rmSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

const outDir = "../../dist/widget";

/** The folder is shared with the loader, so only what this build owns is emptied. */
function emptyAssets(): Plugin {
  return {
    name: "empty-assets",
    apply: "build",
    buildStart: () => rmSync(`${outDir}/assets`, { recursive: true, force: true }),
  };
}

// The page is served at /widget/panel, its files at /widget/assets: relative addresses fit both,
// also behind a proxy that adds a path.
export default defineConfig({
  base: "./",
  plugins: [emptyAssets()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    outDir,
    emptyOutDir: false,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: "panel.html" },
  },
  test: { environment: "jsdom", include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"] },
} as Parameters<typeof defineConfig>[0]);
