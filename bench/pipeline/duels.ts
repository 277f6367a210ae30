/**
 * Duels in numbers: how often a candidate is culled that does not differ from its incumbent (A/A), under seven kinds of noise, with and
 * without sticky keys, how many duels it takes to find one that is worse, or to pass one that is not, and what becomes of a candidate and
 * of a tuning engine on the same service.
 * `node bench/pipeline/duels.ts --help` tells the options.
 */
import { oneOf, readOptions, whole } from "../../scripts/options.ts"
import { table } from "../../scripts/table.ts"
import { Channels, type Side } from "../../src/morph/pipeline/Channels.ts"
import { Coins } from "../../src/morph/pipeline/Coins.ts"
import { Duels } from "../../src/morph/pipeline/Duels.ts"
import { DEFAULT_PIPELINE } from "../../src/morph/pipeline/pipelineOptions.ts"
import { gaussianAt, uniformAt } from "../../src/testing/noise.ts"
import { WEATHERS } from "../rollback/weather.ts"
import { atMost, LAX, type LivesTogether, livesTogether, STAGES } from "./bothOn.ts"

const HELP = `Measures duels: false culls where nothing differs, and duels until a difference is found.

USAGE
  npm run bench:duels -- [--duels N] [--length N] [--runs N] [--lives N]
                         [--section all|duels|engine] [--json]

  --duels N    A/A duels over all noises, with keys and without (default 1000000)
  --length N   Duels in the life of one candidate (default 2000)
  --runs N     Lives for each row of the power table (default 200)
  --lives N    Lives of a candidate beside a tuning engine, over all noises (default 1001)
  --section S  The duels alone, or both on at once (default all)
  --json       Print the figures as JSON

The exit code is 1 when more candidates are culled, or engines rolled back, than is stated, beyond chance, or a worse candidate
is not found.
`

const options = readOptions(HELP, {
  json: { type: "boolean", default: false },
  duels: { type: "string", default: "1000000" },
  length: { type: "string", default: "2000" },
  runs: { type: "string", default: "200" },
  lives: { type: "string", default: "1001" },
  section: { type: "string", default: "all" },
})
const duels = whole("duels", options.duels)
const length = whole("length", options.length)
const runs = whole("runs", options.runs)
const lives = whole("lives", options.lives)
const section = oneOf("section", options.section, ["all", "duels", "engine"])

const { fail, pass, margins, resolutionMs } = DEFAULT_PIPELINE
const ERRORS = 0.01
/** Users of a service with keys: the first ones come most often, and each has a speed of its own. */
const USERS = 20_000

/** A call's outcome: its time by the noise, its error by chance. */
const sideOf = (ms: number, error: boolean): Side => ({ ms, error, endMs: Number.NaN, cost: Number.NaN })

/** Whether a candidate that does not differ is culled within its life. */
function isCulled(kind: string, seed: number, isSticky: boolean): boolean {
  const weather = WEATHERS[kind](seed)
  const place = new Duels(new Coins(seed, "search", "g1"))
  const channels = new Channels(margins, resolutionMs)
  for (let call = 0, judged = 0; judged < length && call < 40 * length; call++) {
    const user = Math.floor(USERS * uniformAt(seed ^ 0x1234567, call) ** 3)
    const key = isSticky ? `user ${user}` : null
    const seat = place.enter(key, 1, () => 2 * call, 1_000)
    if (seat === null) continue
    const own = isSticky ? Math.exp(gaussianAt(seed ^ 0x7654321, user)) : 1
    const ms = Math.max(0.001, 10 * own * Math.abs(weather()))
    place.note(seat, sideOf(ms, uniformAt(seed ^ 0x2222222, call) < ERRORS), 2 * call)
    for (const row of place.take()) {
      channels.note(row)
      judged++
      if (channels.worse("latency") >= fail || channels.worse("errors") >= fail) return true
    }
  }
  return false
}

interface Difference {
  readonly what: string
  readonly slower: number
  readonly errors: number
}

/** Duels until a verdict; log-normal times with a standard deviation of a half. */
function verdictOf({ slower, errors }: Difference, seed: number, most: number): readonly [string, number] {
  const channels = new Channels(margins, resolutionMs)
  for (let pair = 0; pair < most; pair++) {
    const ms = (side: number): number => 10 * Math.exp(0.5 * gaussianAt(seed + side, pair))
    channels.note({
      pair,
      candidate: sideOf(slower * ms(0x100000), uniformAt(seed ^ 0x3333333, pair) < errors),
      incumbent: sideOf(ms(0x200000), uniformAt(seed ^ 0x4444444, pair) < ERRORS),
    })
    if (channels.worse("latency") >= fail || channels.worse("errors") >= fail) return ["fail", pair + 1]
    if (channels.within >= pass) return ["pass", pair + 1]
  }
  return ["hold", most]
}

const DIFFERENCES: ReadonlyArray<Difference> = [
  { what: "equal", slower: 1, errors: ERRORS },
  { what: "a third faster", slower: 0.67, errors: ERRORS },
  { what: "5 % slower", slower: 1.05, errors: ERRORS },
  { what: "10 % slower", slower: 1.1, errors: ERRORS },
  { what: "30 % slower", slower: 1.3, errors: ERRORS },
  { what: "errors 1 -> 2 %", slower: 1, errors: 0.02 },
  { what: "errors 1 -> 3 %", slower: 1, errors: 0.03 },
  { what: "errors 1 -> 10 %", slower: 1, errors: 0.1 },
]

const kinds = Object.keys(WEATHERS)
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const say = (text: string): void => {
  if (!options.json) console.log(text)
}

const MOST = 40_000

/** False culls and power; whether they are as stated. */
function duelsAlone() {
  const each = Math.max(1, Math.round(duels / (2 * kinds.length * length)))
  const falseCulls = [false, true].flatMap((isSticky) =>
    kinds.map((kind) => ({
      kind,
      isSticky,
      lives: each,
      culled: Array.from({ length: each }, (_, run) => isCulled(kind, 1_000 * (run + 1), isSticky)).filter(
        Boolean,
      ).length,
    })),
  )
  const power = DIFFERENCES.map((difference) => {
    const ends = Array.from({ length: runs }, (_, run) => verdictOf(difference, 7_919 * (run + 1), MOST))
    const sorted = ends.map(([, pairs]) => pairs).toSorted((a, b) => a - b)
    const share = (verdict: string): number => ends.filter(([found]) => found === verdict).length / runs
    return {
      what: difference.what,
      isWorse: difference.slower > 1.05 || difference.errors > ERRORS + margins.errors,
      fails: share("fail"),
      passes: share("pass"),
      median: sorted[Math.floor(0.5 * (runs - 1))],
      p90: sorted[Math.floor(0.9 * (runs - 1))],
    }
  })
  /** Two channels, each with a chance of one in `fail`. */
  const stated = 2 / fail
  const all = falseCulls.reduce((sum, one) => sum + one.lives, 0)
  const culled = falseCulls.reduce((sum, one) => sum + one.culled, 0)
  say(
    `A/A: ${culled} of ${all} lives of ${length} duels culled, ${percent(culled / all)}; stated ${percent(stated)}.\n`,
  )
  say(
    table(
      ["noise", "keys", "lives", "culled"],
      falseCulls.map(({ kind, isSticky, lives, culled }) => [
        kind,
        isSticky ? "yes" : "no",
        `${lives}`,
        `${culled}`,
      ]),
    ),
  )
  say(
    `\n${table(
      ["candidate", "culled", "passed", "median duels", "p90"],
      power.map(({ what, fails, passes, median, p90 }) => [
        what,
        percent(fails),
        percent(passes),
        `${median}`,
        `${p90}`,
      ]),
    )}\n`,
  )
  const isAsStated =
    culled <= atMost(all * stated) && !power.some(({ isWorse, passes }) => isWorse && passes > 3 / pass)
  return { isAsStated, figures: { stated, lives: all, culled, falseCulls, power } }
}

/** Calls after which a candidate is left undecided. */
const MOST_CALLS = 100_000

/** A candidate and a tuning engine on one service. */
async function bothOn() {
  const rows: Array<LivesTogether> = []
  const each = Math.max(1, Math.round(lives / kinds.length))
  let aloneCompared = 0
  let aloneRollbacks = 0
  for (const kind of kinds) {
    rows.push(await livesTogether(kind, each, MOST_CALLS))
    const alone = await livesTogether(kind, each, -1)
    aloneCompared += alone.compared
    aloneRollbacks += alone.rollbacks
  }
  const sum = (of: (row: LivesTogether) => number): number => rows.reduce((total, row) => total + of(row), 0)
  const all = sum((row) => row.lives)
  const culled = sum((row) => row.culled)
  const compared = sum((row) => row.compared)
  const rollbacks = sum((row) => row.rollbacks)
  /** Only times differ by chance here, so one channel can cull, once in each stage. */
  const stated = STAGES / fail
  const expected = (compared * LAX.falseRollbacks) / LAX.perWindows
  const perThousand = (count: number, of: number): string => ((1000 * count) / of).toFixed(1)
  say(
    `A candidate and a tuning engine on one service: ${culled} of ${all} candidates culled, ${percent(culled / all)}; ` +
      `stated ${percent(stated)}. In a thousand windows of the comparison ${perThousand(rollbacks, compared)} rollbacks, ` +
      `${perThousand(aloneRollbacks, aloneCompared)} without a candidate; stated ${perThousand(expected, compared)}.\n`,
  )
  say(
    table(
      ["noise", "lives", "kept", "culled", "windows compared", "rollbacks", "stated at most"],
      rows.map((row) => [
        row.kind,
        `${row.lives}`,
        `${row.kept}`,
        `${row.culled}`,
        `${row.compared}`,
        `${row.rollbacks}`,
        ((row.compared * LAX.falseRollbacks) / LAX.perWindows).toFixed(0),
      ]),
    ),
  )
  return {
    isAsStated: culled <= atMost(all * stated) && rollbacks <= atMost(expected),
    figures: {
      stated,
      lives: all,
      culled,
      compared,
      rollbacks,
      expected,
      aloneCompared,
      aloneRollbacks,
      rows,
    },
  }
}

const alone = section === "engine" ? null : duelsAlone()
const both = section === "duels" ? null : await bothOn()
if (options.json) console.log(JSON.stringify({ ...alone?.figures, engine: both?.figures }))
process.exitCode = alone?.isAsStated === false || both?.isAsStated === false ? 1 : 0
