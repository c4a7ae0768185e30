import { defineConfig } from "vite";

// One classic script without imports, so that a single tag on any page is enough.
export default defineConfig({
  build: {
    target: "es2022",
    outDir: "../../dist/widget",
    emptyOutDir: false,
    lib: {
      entry: "src/main.ts",
      name: "RapportLoader",
      formats: ["iife"],
      fileName: () => "widget.js",
    },
  },
});
