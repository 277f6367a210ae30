/**
 * The arena: the default tuning rule against its competitors on the same plants, through Tier 1 with the balanced
 * guardrails on, in virtual time. `node bench/arena/main.ts --help` tells the options.
 */
import { inFlight } from "../../src/testing/memoryPlants.ts"
import { readOptions, refuse, whole } from "../../scripts/options.ts"
import { actedRun } from "./actedRun.ts"
import { harmSection } from "./harmSection.ts"
import { healthySection } from "./healthySection.ts"
import { loopedRun } from "./memoryRun.ts"
import { FIRST_SEED, memorySection } from "./memorySection.ts"
import { windowSection } from "./windowSection.ts"
import { pairSection } from "./pairSection.ts"
import { atMost, type Bar, holds, line, type Section } from "./print.ts"

const HELP = `Compares the tuning rule with its competitors on the same plants, in virtual time.

USAGE
  npm run bench:arena -- [--full] [--seeds N] [--first SEED] [--only WORDS] [--ablations] [--pairs] [--json]

  --full        All plants that remember, healthy ones, harm, and everything the rule must reach (a few minutes)
  --seeds N     Runs of every pair of plant and tuner; other tasks have more (default 10, 20 with --full; of plants that
                remember 4 in the short form)
  --first SEED  The first seed of plants that remember and of healthy ones (default 2101): others than those that figures
                on the pages are from
  --only WORDS  Only these parts (pairs, memory, healthy, harm) or plants whose name contains a word; commas between them
  --ablations   Add the rule without each of its parts, and without its safeguards
  --pairs       Add every pair
  --windows     Only what windows of other lengths cost on plants that remember
  --json        Print the figures as JSON

Every figure is a function of the seeds alone, so it is the same on every machine. The exit code is 1 when the rule misses
one of its bars.
`

const options = readOptions(HELP, {
  full: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  ablations: { type: "boolean", default: false },
  pairs: { type: "boolean", default: false },
  windows: { type: "boolean", default: false },
  seeds: { type: "string" },
  first: { type: "string", default: String(FIRST_SEED) },
  only: { type: "string", default: "" },
})
const { full } = options
const given = options.seeds === undefined ? null : whole("seeds", options.seeds)
const base = given ?? (full ? 20 : 10)
const seeds = {
  pairs: base,
  tasks: Math.max(full && given !== null ? base : 50, base),
  queue: Math.max(full && given !== null ? base : 20, base),
  shift: Math.max(full && given !== null ? base : 50, base),
}
const words = options.only
  .split(",")
  .flatMap((word) => (word.trim() === "" ? [] : [word.trim().toLowerCase()]))

/** Whether a part is wanted as a whole, or by one of the plants in it. */
const wants =
  (part: string) =>
  (name: string): boolean =>
    words.length === 0 || words.some((word) => word === part || name.toLowerCase().includes(word))

const say = (text: string): void => {
  if (!options.json) console.log(`${text}\n`)
}

const sections: Array<Section> = []
const add = (section: Section | null): void => {
  if (section === null) return
  sections.push(section)
  say(section.text)
}

const ablations = options.ablations
if (options.windows) {
  const section = windowSection(given ?? 4)
  console.log(options.json ? JSON.stringify(section.data) : section.text)
  process.exit(0)
}
const pairs =
  words.length === 0 || words.includes("pairs")
    ? pairSection({ seeds, full, pairs: options.pairs, ablations })
    : null
add(pairs)
const remembering = {
  seeds: full ? base : (given ?? 4),
  first: whole("first", options.first),
  windows: full ? 1_800 : 1_200,
  ablations,
  full,
}
add(memorySection({ ...remembering, isWanted: wants("memory") }))
if (full) {
  add(healthySection({ ...remembering, windows: 1_500, isWanted: wants("healthy") }))
  add(harmSection({ seeds: base, ablations, isWanted: wants("harm") }))
}

if (sections.length === 0)
  refuse(`--only knows nothing called ${JSON.stringify(options.only)}${full ? "" : " without --full"}.`)

/** Windows of a sample through the engine's actors that were paid otherwise than without them: none. */
async function unequal(): Promise<number> {
  const windows = 300
  const acted = await actedRun(inFlight, FIRST_SEED, windows)
  const looped = loopedRun(inFlight, FIRST_SEED, windows)
  return acted.paid.reduce((count, paid, w) => count + (paid === looped.paid[w] ? 0 : 1), 0)
}

const bars: ReadonlyArray<Bar> = [
  ...sections.flatMap((section) => section.bars),
  atMost("windows of a run through the actors that differ", await unequal(), 0),
]
say(bars.map(line).join("\n"))
if (options.json) {
  // Infinity is not JSON: a shift that is never regained is null.
  console.log(
    JSON.stringify({
      seeds,
      ...(pairs === null ? {} : pairs.data),
      ...Object.fromEntries(
        sections.filter(({ name }) => name !== "pairs").map(({ name, data }) => [name, data]),
      ),
      bars: bars.map((bar) => ({ ...bar, holds: holds(bar) })),
    }),
  )
}
if (!bars.every(holds)) process.exitCode = 1
