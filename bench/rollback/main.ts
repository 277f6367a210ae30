/**
 * The statistical rollback in numbers: how often it rolls back where tuned and baseline do not differ (A/A), and after how
 * many windows it does where the tuned configuration is 5, 10, 30 or 100 % worse, beside other rules. Losses included.
 * `node bench/rollback/main.ts --help` tells the options.
 */
import { baselineIsFirst } from "../../src/control/pairOrder.ts"
import { DEFAULT_ROLLBACK, type RollbackPolicy } from "../../src/control/rollbackTest.ts"
import { quantileOf } from "../../src/testing/simulate.ts"
import { type Detection, detectInEngine } from "./inEngine.ts"
import { type NamedRule, rulesFor } from "./rules.ts"
import { oneOf, readOptions, whole } from "../../scripts/options.ts"
import { WEATHERS } from "./weather.ts"

const HELP = `Measures the statistical rollback: false ones where nothing differs, and windows until a regression is found.

USAGE
  npm run bench:rollback -- [--windows N] [--runs N] [--engines N] [--only all|rules|engine] [--json]

  --windows N   Windows of each A/A simulation (default 1000000)
  --runs N      Planted regressions of each size, for the rules alone (default 200)
  --engines N   The same through a running engine (default 40)
  --only PART   The rules alone, or through an engine (default all)
  --json        Print the figures as JSON

The exit code is 1 when a false rollback rate lies above the stated one beyond chance, or a regression is missed.
`

const options = readOptions(HELP, {
  json: { type: "boolean", default: false },
  windows: { type: "string", default: "1000000" },
  runs: { type: "string", default: "200" },
  engines: { type: "string", default: "40" },
  only: { type: "string", default: "all" },
})
const windows = whole("windows", options.windows)
const runs = whole("runs", options.runs)
const engines = whole("engines", options.engines)
const only = oneOf("only", options.only, ["all", "rules", "engine"])

/** A thousand times as many as the default: often enough to be counted. */
const LAX: RollbackPolicy = { ...DEFAULT_ROLLBACK, falseRollbacks: 10 }
const REGRESSIONS = [0.05, 0.1, 0.3, 1]
/** Windows without a difference before the regression is planted, and windows to find it in. */
const BEFORE = 400
const WITHIN = 4000

/** One pair: the coin says who reads the first window. */
function pairOf(
  weather: () => number,
  seed: number,
  pair: number,
): readonly [baseline: number, tuned: number] {
  const first = weather()
  const second = weather()
  return baselineIsFirst(seed, pair) ? [first, second] : [second, first]
}

function falseRollbacks(rule: NamedRule, kind: string, seed: number): number {
  const weather = WEATHERS[kind](seed)
  const judge = rule.make()
  let found = 0
  for (let pair = 0; pair < windows / 2; pair++) if (judge(...pairOf(weather, seed, pair))) found++
  return found
}

/** Windows from the regression to the rollback, Infinity when there was none; also whether there was one before. */
function detection(rule: NamedRule, kind: string, seed: number, regression: number): number {
  const weather = WEATHERS[kind](seed)
  const judge = rule.make()
  const worse = 1 + regression
  for (let pair = 0; pair < (BEFORE + WITHIN) / 2; pair++) {
    const [baseline, tuned] = pairOf(weather, seed, pair)
    const planted = 2 * pair >= BEFORE
    const found = planted
      ? judge(rule.tunedOnly ? baseline * worse : baseline, tuned * worse)
      : judge(baseline, tuned)
    if (planted && found) return 2 * (pair + 1) - BEFORE
  }
  return Number.POSITIVE_INFINITY
}

interface Power {
  readonly rule: string
  readonly noise: string
  readonly regression: number
  readonly median: number | null
  readonly p90: number | null
  readonly missed: number
}

function powerOf(rule: NamedRule, noise: string, regression: number): Power {
  const found = Array.from({ length: runs }, (_, seed) => detection(rule, noise, 1000 + seed, regression))
  const finite = (x: number): number | null => (Number.isFinite(x) ? Math.round(x) : null)
  return {
    rule: rule.name,
    noise,
    regression,
    median: finite(quantileOf(found, 0.5)),
    p90: finite(quantileOf(found, 0.9)),
    missed: found.filter((x) => !Number.isFinite(x)).length,
  }
}

const kinds = Object.keys(WEATHERS)
const rules = only === "engine" ? [] : rulesFor(DEFAULT_ROLLBACK)
const policies = only === "engine" ? [] : [DEFAULT_ROLLBACK, LAX]
const tables = policies.map((policy) => {
  const allowed = (windows * policy.falseRollbacks) / policy.perWindows
  const compared = policy === DEFAULT_ROLLBACK ? rules : rulesFor(policy).filter((rule) => rule.follows)
  const rows = compared.map((rule) => ({
    rule: rule.name,
    counts: kinds.map((kind, i) => falseRollbacks(rule, kind, 11 + i)),
  }))
  return { falseRollbacks: policy.falseRollbacks, perWindows: policy.perWindows, allowed, rows }
})
const power = REGRESSIONS.flatMap((regression) =>
  rules.flatMap((rule) => kinds.map((noise) => powerOf(rule, noise, regression))),
)

const inEngine: Array<Detection> = []
if (only !== "rules") {
  for (const regression of REGRESSIONS.slice(0, 3)) {
    inEngine.push(await detectInEngine(regression, true, engines))
  }
  inEngine.push(await detectInEngine(0.3, false, Math.ceil(engines / 10)))
}

const tooMany = tables.some(({ allowed, rows }) =>
  rows[0].counts.some((count) => count > allowed + 3 * Math.sqrt(allowed)),
)
const missed =
  power.some((row) => row.rule === "this rule" && row.missed > 0) ||
  inEngine.some((row) => row.comparison && row.missed > 0)

if (options.json) console.log(JSON.stringify({ windows, runs, kinds, tables, power, inEngine }))
else {
  const cells = (texts: ReadonlyArray<string>): string => texts.map((text) => text.padStart(12)).join("")
  const head = (title: string): void => console.log(`\n${title}\n${"".padEnd(40)}${cells(kinds)}`)
  for (const { falseRollbacks: stated, perWindows, allowed, rows } of tables) {
    head(
      `A/A: false rollbacks in ${windows} windows; stated ${stated} per ${perWindows}, so at most ${allowed} are expected`,
    )
    for (const { rule, counts } of rows) console.log(rule.padEnd(40) + cells(counts.map(String)))
  }
  for (const regression of rules.length === 0 ? [] : REGRESSIONS) {
    head(
      `${100 * regression} % worse: windows to the rollback, median / 90th percentile of ${runs} runs; "-": not within ${WITHIN}`,
    )
    for (const { name } of rules) {
      const rows = power.filter((row) => row.rule === name && row.regression === regression)
      console.log(name.padEnd(40) + cells(rows.map(({ median, p90 }) => `${median ?? "-"} / ${p90 ?? "-"}`)))
    }
  }
  if (inEngine.length > 0) {
    console.log("\nThrough a running engine: all of its windows from the planted regression to the rollback")
  }
  for (const {
    regression,
    comparison,
    runs: engines,
    median,
    p90,
    missed: none,
    early,
    earlyWindows,
  } of inEngine) {
    console.log(
      `${`${100 * regression} %, ${comparison ? "" : "without "}comparison`.padEnd(26)}${median ?? "-"} / ${p90 ?? "-"}; not found in ${none} of ${engines}; ${early} rollbacks in ${earlyWindows} windows before`,
    )
  }
}
process.exitCode = tooMany || missed ? 1 : 0
