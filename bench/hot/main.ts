/**
 * `npm run bench:hot`: what a digest, a decision and an apply cost, on the built package and on the paths that
 * do the work. Hard gates, which hold on any machine: bytes per operation and the ratio of an apply to its floor, both
 * from one run. Times are printed and gate nothing. Exit code 1 when a gate is missed.
 */
import { readOptions } from "../options.ts"
import { bytesOfSubject, type Price, timeSubjects } from "./measure.ts"
import {
  applySubject,
  decideSubject,
  floorSubject,
  mixedKnobs,
  observeSubject,
  plainKnobs,
} from "./subjects.ts"
import { decideActors, digestToVisible, snapshotOtherThread } from "./wholePaths.ts"

const MOST_BYTES = 0.02
const MOST_RATIO = 2.5
const ROUNDS = 7
const ROUND_MS = 150

/** Budgets of the design for a 2 GHz core: p50 and p99 in nanoseconds. */
const budgets: Record<string, readonly [number | null, number | null]> = {
  apply16: [150, 400],
  observe: [25, 60],
  decideKernel: [150, 300],
  decideActors: [20_000, 100_000],
  digestToVisible: [null, 300_000],
  snapshotOtherThread: [30, null],
}

const HELP = `Measures what a digest, a decision and an apply cost, in time and bytes.

USAGE
  npm run bench:hot -- [--json]

  --json   Print the figures as JSON

The exit code is 1 when an operation allocates more than ${MOST_BYTES} bytes, or an apply costs more than ${MOST_RATIO} times its floor.
Times gate nothing.
`

const { json } = readOptions(HELP, { json: { type: "boolean", default: false } })
const say = (text: string): void => {
  if (!json) console.log(text)
}

const subjects = [
  applySubject("apply16", plainKnobs(16)),
  floorSubject(16),
  applySubject("apply16Mixed", mixedKnobs),
  applySubject("apply4", plainKnobs(4)),
  observeSubject(),
  decideSubject(plainKnobs(16)),
  decideSubject(mixedKnobs, "decideKernelMixed"),
]

say(`node ${process.version}, ${ROUNDS} interleaved rounds, batches of 1,000; p99 is over batches`)
const times = await timeSubjects(subjects, ROUNDS, ROUND_MS)
const prices: Record<string, Price> = {}
for (const subject of subjects) {
  prices[subject.name] = { ...times.get(subject.name)!, bytesPerOp: bytesOfSubject(subject) }
}
prices["decideActors"] = decideActors()
prices["digestToVisible"] = await digestToVisible()
prices["snapshotOtherThread"] = await snapshotOtherThread()
const ratioToFloor = prices["apply16"].p50Ns / prices["floor16"].p50Ns

const round = (value: number): number => Number(value.toPrecision(4))
const missed: Array<string> = []
for (const name of [
  "apply16",
  "apply16Mixed",
  "apply4",
  "observe",
  "decideKernel",
  "decideKernelMixed",
  "snapshotOtherThread",
]) {
  if (prices[name].bytesPerOp > MOST_BYTES)
    missed.push(`${name}: ${prices[name].bytesPerOp.toFixed(3)} bytes an operation`)
}
if (ratioToFloor > MOST_RATIO) missed.push(`an apply is ${ratioToFloor.toFixed(2)} times its floor`)

if (json) {
  const rounded = Object.entries(prices).map(([name, { p50Ns, p99Ns, bytesPerOp }]) => [
    name,
    { p50Ns: round(p50Ns), p99Ns: round(p99Ns), bytesPerOp: round(bytesPerOp) },
  ])
  console.log(JSON.stringify({ ...Object.fromEntries(rounded), ratioToFloor: round(ratioToFloor), missed }))
} else {
  console.table(
    Object.fromEntries(
      Object.entries(prices).map(([name, { p50Ns, p99Ns, bytesPerOp }]) => [
        name,
        {
          "p50 ns": round(p50Ns),
          "p99 ns": round(p99Ns),
          "bytes/op": round(bytesPerOp),
          "budget p50 / p99": budgets[name]?.map((limit) => limit ?? "-").join(" / ") ?? "",
        },
      ]),
    ),
  )
  say(`apply16 is ${ratioToFloor.toFixed(2)} times its floor (at most ${MOST_RATIO})`)
  for (const gate of missed) say(`MISSED: ${gate}`)
}
process.exitCode = missed.length === 0 ? 0 : 1
