/**
 * `npm run mutate`: changes `src/hot` and `src/control` in thousands of small ways, one at a time, and tells how many of them
 * the tests notice. Results are kept in `.mutation/`, so that a second run only does what changed since.
 */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { readOptions } from "./options.ts"
import { type Report, survivorsOf, tableOf } from "./mutation/report.ts"

const RESULTS = ".mutation/incremental.json"
const HELP = `Changes src/hot and src/control in thousands of small ways and tells how many of them the tests notice.

USAGE
  npm run mutate -- [--mutate FILES] [--tests FILES] [--force]
  npm run mutate -- --survivors FILE
  npm run mutate -- --table

  --mutate FILES     Only these; commas between several
  --tests FILES      Only with these tests: sooner done, and a lower bound; commas or patterns for several
  --force            Everything anew, not only what changed since the last run
  --survivors FILE   What the last run left alive there, without running anything
  --table            The table of the last run, as Markdown
`

const values = readOptions(HELP, {
  mutate: { type: "string" },
  tests: { type: "string" },
  survivors: { type: "string" },
  table: { type: "boolean", default: false },
  force: { type: "boolean", default: false },
})

const results = (): Report => JSON.parse(readFileSync(RESULTS, "utf8")) as Report

if (values.survivors !== undefined) console.log(survivorsOf(results(), values.survivors))
else if (values.table) console.log(tableOf(results()))
else {
  const chosen = values.mutate === undefined ? [] : ["--mutate", values.mutate]
  const anew = values.force ? ["--force"] : []
  const { status } = spawnSync("stryker", ["run", "scripts/mutation/stryker.json", ...chosen, ...anew], {
    stdio: "inherit",
    env: { ...process.env, ...(values.tests === undefined ? {} : { ARQON_MUTATION_TESTS: values.tests }) },
  })
  if (status === 0) console.log(`\n${tableOf(results(), values.mutate?.split(","))}`)
  process.exitCode = status ?? 1
}
