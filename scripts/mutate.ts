/**
 * `npm run mutate`: changes `src/hot` and `src/control` in thousands of small ways, one at a time, and tells how many of them
 * the tests notice. Results are kept in `.mutation/`, so that a second run only does what changed since.
 *
 *   npm run mutate                                         everything
 *   npm run mutate -- --mutate src/hot/RateWindow.ts       one file; commas between several
 *   npm run mutate -- --survivors src/hot/RateWindow.ts    what the last run left alive there, without running anything
 *   npm run mutate -- --table                              the table of the last run, as Markdown
 */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { type Report, survivorsOf, tableOf } from "./mutation/report.ts"

const RESULTS = ".mutation/incremental.json"
const { values } = parseArgs({
  options: {
    mutate: { type: "string" },
    survivors: { type: "string" },
    table: { type: "boolean", default: false },
    force: { type: "boolean", default: false },
  },
})

const results = (): Report => JSON.parse(readFileSync(RESULTS, "utf8")) as Report

if (values.survivors !== undefined) console.log(survivorsOf(results(), values.survivors))
else if (values.table) console.log(tableOf(results()))
else {
  const chosen = values.mutate === undefined ? [] : ["--mutate", values.mutate]
  const anew = values.force ? ["--force"] : []
  const { status } = spawnSync("stryker", ["run", "scripts/mutation/stryker.json", ...chosen, ...anew], {
    stdio: "inherit",
  })
  if (status === 0) console.log(`\n${tableOf(results(), values.mutate?.split(","))}`)
  process.exitCode = status ?? 1
}
