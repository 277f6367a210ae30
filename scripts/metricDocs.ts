/** Writes docs/reference/metrics.md and docs/grafana/arqon.json; `test/docs/metrics.test.ts` fails when they drift. */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { metricFiles } from "./metricPages.ts"

for (const [path, text] of Object.entries(await metricFiles())) {
  const file = resolve(import.meta.dirname, "..", path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
