/**
 * Which sequence fills the cube more evenly, by dimensions and number of points: what "auto" of the probe goes by. The mean
 * over seeds of the centred L2 discrepancy, as a share of that of uniform points; lower is better. "+10 %" is "auto" with a
 * tenth of uniform points among it, "bare" is Sobol's without the centre in front.
 */
import { Draw, STREAM_PROBE } from "../../src/solver/Draw.ts"
import { chooseProbeMethod, Probe, type ProbeMethod } from "../../src/solver/Probe.ts"
import { Sobol } from "../../src/solver/Sobol.ts"
import { centredDiscrepancy } from "../../src/testing/discrepancy.ts"
import { readOptions } from "../../scripts/options.ts"

const HELP = `Measures which sequence of probe points fills the cube more evenly, by dimensions and number of points.

USAGE
  npm run bench:discrepancy -- [--json]

  --json   Print the figures as JSON
`

const { json } = readOptions(HELP, { json: { type: "boolean", default: false } })

const COUNTS = [6, 9, 10, 14, 16, 20, 32, 50, 65, 100, 128]
const DIMENSIONS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64]
const SEEDS = 51

type Point = (index: number, out: Float64Array) => void

interface Row {
  readonly dimensions: number
  readonly count: number
  readonly kronecker: number
  readonly sobol: number
  readonly bareSobol: number
  readonly spiced: number
  readonly auto: "kronecker" | "sobol"
}

function meanOver(count: number, dimensions: number, make: (seed: number) => Point): number {
  const points = new Float64Array(count * dimensions)
  let sum = 0
  for (let seed = 0; seed < SEEDS; seed++) {
    const point = make(seed)
    for (let p = 0; p < count; p++) point(p, points.subarray(p * dimensions))
    sum += centredDiscrepancy(points, dimensions)
  }
  return sum / SEEDS
}

function rowOf(count: number, dimensions: number): Row {
  const probe = (method: ProbeMethod, spice: number) => (seed: number) => {
    const made = new Probe({ dimensions, seed, method, spice })
    return (index: number, out: Float64Array) => made.point(index, out)
  }
  const bare = (seed: number) => {
    const made = new Sobol(dimensions, new Draw(seed, STREAM_PROBE))
    return (index: number, out: Float64Array) => made.point(index, out)
  }
  const uniform = meanOver(count, dimensions, probe("auto", 1))
  const share = (make: (seed: number) => Point): number => meanOver(count, dimensions, make) / uniform
  return {
    dimensions,
    count,
    kronecker: share(probe("kronecker", 0)),
    sobol: share(probe("sobol", 0)),
    bareSobol: share(bare),
    spiced: share(probe("auto", 0.1)),
    auto: chooseProbeMethod(dimensions),
  }
}

const rows = DIMENSIONS.flatMap((dimensions) => COUNTS.map((count) => rowOf(count, dimensions)))
if (json) console.log(JSON.stringify({ seeds: SEEDS, rows }))
else {
  const cell = (value: number): string => value.toFixed(2).padStart(9)
  console.log("  d    n kronecker   sobol     bare    +10 %  auto")
  for (const row of rows) {
    const { dimensions, count, kronecker, sobol, bareSobol, spiced, auto } = row
    const [mine, other] = auto === "sobol" ? [sobol, kronecker] : [kronecker, sobol]
    const lost = mine > other ? `, ${(100 * (mine / other - 1)).toFixed(1)} % above the other` : ""
    console.log(
      `${String(dimensions).padStart(3)} ${String(count).padStart(4)}${[kronecker, sobol, bareSobol, spiced].map(cell).join("")}  ${auto}${lost}`,
    )
  }
}
