import { defineConfig } from "vitest/config"
import { breakMechanism } from "./test/broken/breakMechanism.ts"

/** `arqon` and its entries mean the source here, so that tests and examples see the same code. */
const source = (path: string): string => new URL(path, import.meta.url).pathname

export default defineConfig({
  plugins: [breakMechanism(process.env["ARQON_BREAK"])],
  resolve: {
    alias: [
      { find: /^arqon$/, replacement: source("src/index.node.ts") },
      { find: /^arqon\/machines$/, replacement: source("machines/index.ts") },
      { find: /^arqon\/effect$/, replacement: source("src/runtime/index.ts") },
      { find: /^arqon\/(hot|telemetry|testing|node)$/, replacement: source("src/$1/index.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/setup.ts"],
    // A cached module would outlive the mechanism that was broken in it (see test/broken).
    fsModuleCache: false,
    testTimeout: 60_000,
    pool: "threads",
    // Half of them wait for processes, pages and servers; on two cores the default is one at a time.
    maxWorkers: 2,
  },
})
