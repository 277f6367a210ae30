/**
 * The arena: the default tuning rule against its competitors on the same plants, through Tier 1 with the balanced
 * guardrails on, in virtual time. `node bench/arena/main.ts --help` tells the options.
 */
import { readOptions, whole } from "../options.ts"
import { type Score, score, type Seeds } from "./score.ts"
import { ablations, tuners } from "./tuners.ts"

const HELP = `Compares the tuning rule with its competitors on the same plants, in virtual time.

USAGE
  npm run bench:arena -- [--seeds N] [--ablations] [--pairs] [--json]

  --seeds N     Runs of every pair of plant and tuner; other tasks have more (default 10)
  --ablations   Add the rule without each of its parts
  --pairs       Add every pair
  --json        Print the figures as JSON

Every figure is a function of the seeds alone, so it is the same on every machine. The exit code is 1 when the rule misses
one of its bars.
`

const options = readOptions(HELP, {
  json: { type: "boolean", default: false },
  ablations: { type: "boolean", default: false },
  pairs: { type: "boolean", default: false },
  seeds: { type: "string", default: "10" },
})
const base = whole("seeds", options.seeds)
const seeds: Seeds = {
  pairs: base,
  tasks: Math.max(50, base),
  queue: Math.max(20, base),
  shift: Math.max(50, base),
}

interface Bar {
  readonly name: string
  readonly value: number
  readonly bar: number
  readonly atLeast: boolean
}

/** What the default rule must reach. */
function barsOf(s: Score): ReadonlyArray<Bar> {
  const bars: Array<Bar> = [
    { name: "T1 mean", value: s.t1.mean, bar: -0.04, atLeast: true },
    { name: "T1 last 200", value: s.t1.last200, bar: -0.002, atLeast: true },
    { name: "T2 mean", value: s.t2.mean, bar: -0.045, atLeast: true },
    { name: "T2 last 200", value: s.t2.last200, bar: -0.016, atLeast: true },
    { name: "refused applies", value: s.refused, bar: 0, atLeast: false },
    { name: "SafeMode entries", value: s.trips, bar: 0, atLeast: false },
  ]
  s.queue.forEach((value, i) => bars.push({ name: `queue load ${i + 1}`, value, bar: 0.97, atLeast: true }))
  for (const { noise, median } of s.regain) {
    const bar = noise > 0.05 ? 30 : 15
    bars.push({ name: `regain at ${100 * noise} % noise`, value: median, bar, atLeast: false })
  }
  return bars
}

const holds = ({ value, bar, atLeast }: Bar): boolean => (atLeast ? value >= bar : value <= bar)

const cell = (x: number, digits: number): string => (Number.isFinite(x) ? x.toFixed(digits) : "never")

function table(head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string {
  const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")
}

const summary = (scores: ReadonlyArray<Score>): string =>
  table(
    [
      "",
      "33 pairs, geometric mean",
      "T1 mean, last 200",
      "T2 mean, last 200",
      "queue, three loads",
      "regain 0 / 5 / 20 %",
    ],
    scores.map((s) => [
      s.name,
      cell(s.geometricMean, 4),
      `${cell(s.t1.mean, 4)}, ${cell(s.t1.last200, 4)}`,
      `${cell(s.t2.mean, 4)}, ${cell(s.t2.last200, 4)}`,
      s.queue.map((x) => cell(x, 3)).join(" "),
      s.regain.map(({ median }) => cell(median, 0)).join(" / "),
    ]),
  )

const say = (text: string): void => {
  if (!options.json) console.log(text)
}

const scores = tuners.map((tuner) => score(tuner, seeds))
say(
  `33 plant and noise pairs, ${seeds.pairs} seeds each; T1, T2 and regain ${seeds.tasks} seeds, queue ${seeds.queue}.\n`,
)
say(summary(scores))

if (options.pairs) {
  say("\nMean normalised loss by pair:\n")
  const head = ["plant", "noise", ...scores.map(({ name }) => name)]
  const rows = scores[0].byPair.map(({ plant, noise }, i) => [
    plant,
    `${100 * noise} %`,
    ...scores.map(({ byPair }) => cell(byPair[i].loss, 4)),
  ])
  say(table(head, rows))
}

const taken = options.ablations ? ablations.map((tuner) => score(tuner, seeds)) : []
if (options.ablations) {
  say("\nOne part taken out at a time (factor on the geometric mean; above 1 the part helps):\n")
  const [whole] = scores
  say(
    table(
      ["without", "factor", "T1 mean", "T2 mean, last 200", "queue", "regain"],
      taken.map((s) => [
        s.name,
        cell(s.geometricMean / whole.geometricMean, 2),
        cell(s.t1.mean, 4),
        `${cell(s.t2.mean, 4)}, ${cell(s.t2.last200, 4)}`,
        s.queue.map((x) => cell(x, 3)).join(" "),
        s.regain.map(({ median }) => cell(median, 0)).join(" / "),
      ]),
    ),
  )
}

const bars = barsOf(scores[0])
say("")
for (const bar of bars) {
  say(
    `${holds(bar) ? "holds " : "MISSED"} ${bar.name}: ${cell(bar.value, 4)} (${bar.atLeast ? "at least" : "at most"} ${bar.bar})`,
  )
}
if (options.json) {
  // Infinity is no JSON: a shift that is never regained is null.
  console.log(
    JSON.stringify({
      seeds,
      scores,
      ablations: taken,
      bars: bars.map((bar) => ({ ...bar, holds: holds(bar) })),
    }),
  )
}
if (!bars.every(holds)) process.exitCode = 1
