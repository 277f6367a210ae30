/**
 * Dynamics and change points of `arqon/temporal` beside `nolds`, `neurokit2` and `aeon`: values within a stated tolerance, and the time
 * of a call, in one run on one machine.
 */
import { spawnSync } from "node:child_process"
import { autocorrelation, BandedDtw, KNOWN, largestExponent, RegimeMemory } from "../../src/temporal/index.ts"
import { correlationDimension } from "../../src/temporal/offline/index.ts"
import { gaussianAt, uniformAt } from "../../src/testing/noise.ts"
import { readOptions, refuse } from "../../scripts/options.ts"
import { peerPython } from "./environment.ts"

const HELP = `Compares the dynamics of arqon/temporal with nolds, neurokit2 and aeon: values, and time per call. Ends with 1 where a
value is outside its tolerance.

USAGE
  node bench/temporalPeers/dynamics.ts [--python PATH]

  --python PATH   A Python with the packages of requirements.txt (default: an environment beside it, made when first needed)
`

const { python } = readOptions(HELP, { python: { type: "string", default: "" } })

/** nolds computes in numbers of 32 bits. */
const SINGLE = 1e-4
/** Each has its own rule for which distances count. */
const RANGES = 0.2

const POINTS = 1_000
const orbit = (next: (x: number, y: number) => readonly [number, number]): Float64Array => {
  let [x, y] = [0.3, 0.2]
  const out = new Float64Array(POINTS)
  for (let i = -100; i < POINTS; i++) {
    ;[x, y] = next(x, y)
    if (i >= 0) out[i] = x
  }
  return out
}
const series = {
  logistic: orbit((x) => [4 * x * (1 - x), 0]),
  henon: orbit((x, y) => [1 - 1.4 * x * x + y, 0.3 * x]),
  noise: Float64Array.from({ length: POINTS }, (_, i) => Math.sin(i / 7) + gaussianAt(3, i)),
}
/** Embedding, delay, steps that are followed, and how far in time neighbours are more than. */
const exponents = { logistic: [2, 1, 5, 2], henon: [2, 1, 7, 2] } as const
const dimensions = { henon: 2, noise: 2 } as const

const LENGTH = 128
const BAND = 13
const pair = [0, 1].map((seed) =>
  Float64Array.from({ length: LENGTH }, (_, i) => Math.sin(i / 9 + seed) + 0.3 * gaussianAt(100 + seed, i)),
)

const LAGS = 64
const PERIOD = 16
const VISIT = 240
const VISITS = 6
const STREAMS = 5
/** A wave, the same at another level, and another shape of the first one's mean and spread. */
const REGIMES: ReadonlyArray<(phase: number) => number> = [
  (phase) => Math.sin(2 * Math.PI * phase),
  (phase) => 2 + Math.sin(2 * Math.PI * phase),
  (phase) => 1.73 * (2 * (phase - Math.floor(phase)) - 1),
]
const streams = Array.from({ length: STREAMS }, (_, seed) =>
  Float64Array.from({ length: VISIT * VISITS }, (__, n) => {
    const visit = Math.floor(n / VISIT)
    const pace = 1 + 0.1 * (2 * uniformAt(500 + seed, 2 * visit) - 1)
    const phase = uniformAt(500 + seed, 2 * visit + 1) + ((n % VISIT) * pace) / PERIOD
    return REGIMES[visit % REGIMES.length](phase) + 0.1 * gaussianAt(600 + seed, n)
  }),
)

interface Answer {
  readonly answers: Readonly<Record<string, readonly [value: number, us: number]>>
  readonly autocorrelation: readonly [ReadonlyArray<number>, number]
  readonly changes: readonly [ReadonlyArray<ReadonlyArray<number>>, number]
  readonly versions: Readonly<Record<string, string>>
}

const plain = (all: Readonly<Record<string, Float64Array>>): Record<string, ReadonlyArray<number>> =>
  Object.fromEntries(Object.entries(all).map(([name, one]) => [name, Array.from(one)]))
const input = {
  series: plain(series),
  exponents,
  dimensions,
  pair: pair.map((one) => Array.from(one)),
  band: BAND,
  streams: streams.map((one) => Array.from(one)),
  period: PERIOD,
  changes: VISITS - 1,
  lags: LAGS,
}
const interpreter = peerPython(python)
const asked = spawnSync(interpreter, [new URL("dynamics.py", import.meta.url).pathname], {
  input: `${JSON.stringify(input)}\n`,
  encoding: "utf8",
  maxBuffer: 2 ** 26,
})
if (asked.status !== 0)
  refuse(`${interpreter} could not run the peers: ${asked.stderr.trim().split("\n").at(-1)}`)
const peers = JSON.parse(asked.stdout) as Answer

/** Least mean time of a call in microseconds, over three rounds of 50 ms. */
function timed(call: () => unknown): number {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 3; round++) {
    const start = performance.now()
    let calls = 0
    while (calls === 0 || performance.now() - start < 50) {
      call()
      calls++
    }
    least = Math.min(least, ((performance.now() - start) / calls) * 1_000)
  }
  return least
}

interface Row {
  readonly what: string
  readonly peer: string
  readonly own: number
  readonly other: number
  /** Largest relative difference that is right. */
  readonly within: number
  readonly ownUs: number
  readonly otherUs: number
}

const rows: Array<Row> = []
const row = (what: string, peer: string, within: number, key: string, call: () => number): void => {
  const [other, otherUs] = peers.answers[key]
  rows.push({ what, peer, within, own: call(), other, ownUs: timed(call), otherUs })
}
for (const name of ["logistic", "henon"] as const) {
  const [dimension, delay, steps, apart] = exponents[name]
  const options = { dimension, delay, steps, theiler: apart }
  row(
    `largest exponent, ${name}, ${POINTS} points`,
    "nolds",
    SINGLE,
    `exponent ${name}`,
    () => largestExponent(series[name], options).value,
  )
}
for (const peer of ["nolds", "neurokit2"])
  for (const name of ["henon", "noise"] as const)
    row(
      `correlation dimension, ${name}, ${POINTS} points`,
      peer,
      RANGES,
      `${peer} dimension ${name}`,
      () => correlationDimension(series[name], { dimension: dimensions[name], delay: 1, theiler: 1 }).value,
    )
const dtw = new BandedDtw({ length: LENGTH, band: BAND })
row(`warping, ${LENGTH} samples, band ${BAND}`, "aeon", 1e-9, "warping", () => dtw.distance(pair[0], pair[1]))

const lags = new Float64Array(LAGS)
autocorrelation(series.noise, lags)
const [theirLags, lagUs] = peers.autocorrelation
rows.push({
  what: `autocorrelation, ${LAGS} lags of ${POINTS} points, the furthest`,
  peer: "neurokit2",
  within: 1e-9,
  ...furthest(lags, theirLags),
  ownUs: timed(() => autocorrelation(series.noise, lags)),
  otherUs: lagUs,
})

function furthest(
  own: Float64Array,
  other: ReadonlyArray<number>,
): { readonly own: number; readonly other: number } {
  let at = 0
  for (let i = 0; i < own.length; i++) if (Math.abs(own[i] - other[i]) > Math.abs(own[at] - other[at])) at = i
  return { own: own[at], other: other[at] }
}

/** Where the memory of regimes notices that another one is there, sample by sample, from the second round of visits on. */
function noticed(stream: Float64Array): ReadonlyArray<number> {
  const memory = new RegimeMemory({ window: 32, least: 0.05, radius: 1.75 })
  const found: Array<number> = []
  let last = -1
  stream.forEach((x, at) => {
    memory.push([x])
    if (at % 4 !== 0) return
    if (memory.look() === KNOWN && memory.label !== last) {
      if (last >= 0) found.push(at)
      last = memory.label
    }
    if (memory.news >= memory.trace) memory.learn()
  })
  return found
}

const truth = Array.from({ length: VISITS - 1 }, (_, i) => (i + 1) * VISIT)
/** Mean distance of each true change to the nearest found one, in samples, and how many were found too many. */
function judged(all: ReadonlyArray<ReadonlyArray<number>>): string {
  const away = all.flatMap((found) =>
    truth.map((at) => Math.min(VISIT, ...found.map((one) => Math.abs(one - at)))),
  )
  const hits = away.filter((one) => one <= VISIT / 2).length
  const mean = away.reduce((sum, one) => sum + one, 0) / away.length
  return `${hits} of ${away.length}, ${Math.round(mean)} samples away`
}
const [theirChanges, changeUs] = peers.changes
const versions = Object.entries(peers.versions).map(([name, version]) => `${name} ${version}`)
console.log(`${versions.join(", ")}, Node ${process.versions.node}\n`)
console.log(
  "| what | peer | ours | peer's | tolerance | ours, us | peer's, us | ratio |\n|---|---|---|---|---|---|---|---|",
)
for (const { what, peer, own, other, within, ownUs, otherUs } of rows)
  console.log(
    `| ${what} | ${peer} | ${own.toPrecision(6)} | ${other.toPrecision(6)} | ${within} | ${ownUs.toFixed(1)} | ${otherUs.toFixed(1)} | ${(otherUs / ownUs).toFixed(1)} |`,
  )
const memoryUs = timed(() => noticed(streams[0]))
console.log(
  `\n| changes of ${STREAMS} streams of ${VISIT * VISITS} samples | found within half a visit | a stream, ms |\n|---|---|---|`,
)
console.log(
  `| memory of regimes, sample by sample | ${judged(streams.map(noticed))} | ${(memoryUs / 1_000).toFixed(1)} |`,
)
console.log(
  `| aeon, ClaSP, afterwards, told how many | ${judged(theirChanges)} | ${(changeUs / 1_000).toFixed(1)} |`,
)
const wrong = rows.filter(({ own, other, within }) => !(Math.abs(own - other) <= within * Math.abs(other)))
for (const { what, peer } of wrong) console.error(`${what} differs from ${peer} by more than its tolerance.`)
process.exitCode = wrong.length === 0 ? 0 : 1
