/**
 * The kernels of `arqon/temporal` beside `stumpy` and `dtaidistance`: the same values to 1e-9, and the time of a call, in one run on
 * one machine. The peers live in a Python environment that it makes.
 */
import { spawnSync } from "node:child_process"
import { BandedDtw, Envelope, lbKeogh, LeftMatrixProfile } from "../../src/temporal/index.ts"
import { gaussianAt } from "../../src/testing/noise.ts"
import { readOptions, refuse } from "../../scripts/options.ts"
import { peerPython } from "./environment.ts"

const HELP = `Compares the kernels of arqon/temporal with stumpy and dtaidistance: values, and time per call.

USAGE
  node bench/temporalPeers/main.ts [--python PATH]

  --python PATH   A Python with the packages of requirements.txt (default: an environment beside it, made when first needed)
`

const { python } = readOptions(HELP, { python: { type: "string", default: "" } })
const interpreter = peerPython(python)

const LENGTH = 128
const BAND = 13
const WINDOW = 32
const HISTORY = 1024
const series = Array.from({ length: 2 * HISTORY }, (_, i) => Math.sin(i / 7) + 0.5 * gaussianAt(3, i))
const piece = (seed: number): Float64Array =>
  Float64Array.from({ length: LENGTH }, (_, i) => Math.sin(i / 9 + seed) + 0.3 * gaussianAt(100 + seed, i))
const pairs = Array.from({ length: 40 }, (_, i) => [piece(2 * i), piece(2 * i + 1)] as const)

interface Answer {
  readonly dtw: ReadonlyArray<number>
  readonly lbKeogh: ReadonlyArray<number>
  readonly profile: ReadonlyArray<number | null>
  readonly us: Readonly<Record<"dtw" | "lbKeogh" | "row", number>>
  readonly versions: Readonly<Record<string, string>>
}

const input = JSON.stringify({
  pairs: pairs.map((pair) => pair.map((one) => Array.from(one))),
  band: BAND,
  series,
  window: WINDOW,
  history: HISTORY,
})
const asked = spawnSync(interpreter, [new URL("peers.py", import.meta.url).pathname], {
  input: `${input}\n`,
  encoding: "utf8",
  maxBuffer: 2 ** 26,
})
if (asked.status !== 0)
  refuse(`${interpreter} could not run the peers: ${asked.stderr.trim().split("\n").at(-1)}`)
const peers = JSON.parse(asked.stdout) as Answer

/** Least mean time of a call in microseconds, over five rounds of 50 ms; `call` answers a number, so that it cannot be left out. */
function timed(call: () => number): number {
  let least = Number.POSITIVE_INFINITY
  let sum = 0
  for (let round = 0; round < 5; round++) {
    const start = performance.now()
    let calls = 0
    while (performance.now() - start < 50) for (let i = 0; i < 20; i++, calls++) sum += call()
    least = Math.min(least, ((performance.now() - start) / calls) * 1000)
  }
  if (Number.isNaN(sum)) throw new Error("a distance is not a number")
  return least
}

const dtw = new BandedDtw({ length: LENGTH, band: BAND })
const envelope = new Envelope(BAND)
const lower = new Float64Array(LENGTH)
const upper = new Float64Array(LENGTH)
const bound = ([a, b]: readonly [Float64Array, Float64Array]): number => {
  envelope.around(b, lower, upper)
  return lbKeogh(a, lower, upper)
}
const profile = new LeftMatrixProfile({ window: WINDOW, history: 2 * HISTORY })
const distances = series.map((x) => {
  profile.push(x)
  return profile.distance
})
const stream = new LeftMatrixProfile({ window: WINDOW, history: HISTORY })
for (const x of series) stream.push(x)
let at = 0
const row = (): number => {
  stream.push(series[at++ % series.length])
  return stream.distance
}

const furthest = (ours: ReadonlyArray<number>, theirs: ReadonlyArray<number | null>): number =>
  ours.reduce((most, x, i) => {
    const other = theirs[i] ?? Number.POSITIVE_INFINITY
    return x === other ? most : Math.max(most, Math.abs(x - other))
  }, 0)

const rows = [
  {
    what: `warping, ${LENGTH} samples, band ${BAND}`,
    peer: "dtaidistance, C",
    apart: furthest(
      pairs.map(([a, b]) => dtw.distance(a, b)),
      peers.dtw,
    ),
    own: timed(() => dtw.distance(...pairs[0])),
    other: peers.us.dtw,
  },
  {
    what: `LB_Keogh with its envelope, ${LENGTH} samples`,
    peer: "dtaidistance",
    apart: furthest(pairs.map(bound), peers.lbKeogh),
    own: timed(() => bound(pairs[0])),
    other: peers.us.lbKeogh,
  },
  {
    what: `a row of the left matrix profile, m ${WINDOW}, ${HISTORY} windows`,
    peer: "stumpy, stumpi",
    apart: furthest(distances.slice(WINDOW - 1), peers.profile),
    own: timed(row),
    other: peers.us.row,
  },
]
console.log(
  `${Object.entries(peers.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ")}, Node ${process.versions.node}\n`,
)
console.log(
  "| kernel | peer | largest difference | ours, us | peer's, us | ratio |\n|---|---|---|---|---|---|",
)
for (const { what, peer, apart, own, other } of rows)
  console.log(
    `| ${what} | ${peer} | ${apart.toExponential(1)} | ${own.toFixed(1)} | ${other.toFixed(1)} | ${(other / own).toFixed(1)} |`,
  )
if (rows.some(({ apart }) => !(apart <= 1e-9))) {
  console.error("The values differ by more than 1e-9.")
  process.exitCode = 1
}
