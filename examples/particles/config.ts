/** How the three pages are bundled, one for each way to hold an engine. Arqon is taken from this repository's sources. */
import { join, resolve } from "node:path"
import type { InlineConfig } from "vite"

const root = import.meta.dirname
const source = resolve(root, "../../src")

export const config: InlineConfig = {
  root,
  configFile: false,
  base: "./",
  resolve: {
    alias: [
      { find: /^arqon$/, replacement: join(source, "index.ts") },
      { find: /^arqon\/react$/, replacement: join(source, "react/index.ts") },
    ],
  },
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    outDir: join(root, "dist"),
    rollupOptions: { input: ["index.html", "rxjs.html", "solid.html"].map((name) => join(root, name)) },
  },
}
