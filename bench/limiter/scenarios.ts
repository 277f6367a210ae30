/**
 * Ours against the best fixed limit in virtual time, over backends of many shapes and many seeds: the one that the comparison is about
 * is a single one, and a setting that suits it need not suit the others. The settings of the limiter were chosen on the shapes above the line,
 * with other seeds; that of the comparison, below it, had no say.
 */
import { type BackendShape, capacityRps, SHAPE } from "./Backend.ts"
import type { Figures } from "./protocol.ts"
import { virtually } from "./virtual.ts"

interface Scenario extends BackendShape {
  readonly name: string
}

const scenario = (
  name: string,
  slots: number,
  meanMs: number,
  times: BackendShape["times"],
  contention: number,
): Scenario => ({ name, slots, meanMs, times, contention })

const SCENARIOS: ReadonlyArray<Scenario> = [
  scenario("16 slots, contention .1, lognormal", 16, 100, "lognormal", 0.1),
  scenario("16 slots, contention .3, exponential", 16, 60, "exponential", 0.3),
  scenario("16 slots, contention .3, heavy", 16, 80, "heavy", 0.3),
  scenario("16 slots, contention .5, half", 16, 100, "half", 0.5),
  scenario("16 slots, contention 1, half", 16, 80, "half", 1),
  scenario("4 slots, contention .3, half", 4, 40, "half", 0.3),
  scenario("4 slots, contention 1, exponential", 4, 25, "exponential", 1),
  scenario("64 slots, contention .1, fixed", 64, 200, "fixed", 0.1),
  scenario("64 slots, contention .3, half", 64, 250, "half", 0.3),
]
const HELD_BACK = scenario(
  "16 slots, contention .3, half",
  SHAPE.slots,
  SHAPE.meanMs,
  SHAPE.times,
  SHAPE.contention,
)

const LOADS = [1.2, 2] as const
const CONNECTIONS = 256
const INITIAL = 20
const SWEEP_SEEDS = 5
const SWEEP_MS = 60_000
/** Seeds of the sweep and of ours do not meet. */
const OURS_FROM = 1_000

const quantile = (numbers: ReadonlyArray<number>, share: number): number => {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
}
const mean = (numbers: ReadonlyArray<number>): number => numbers.reduce((a, b) => a + b, 0) / numbers.length

/** The fixed limit with the most goodput, and where several are within half a per cent, of these the one with the lowest p99. */
async function bestFixed(
  shape: BackendShape,
  load: number,
): Promise<{ readonly limit: number; readonly rps: number; readonly p99Ms: number }> {
  const { slots } = shape
  const step = slots > 32 ? 2 : 1
  const rows: Array<{ readonly limit: number; readonly rps: number; readonly p99Ms: number }> = []
  for (let limit = Math.ceil(0.75 * slots); limit <= 1.6 * slots + 2; limit += step) {
    const seen: Array<Figures> = []
    for (let seed = 1; seed <= SWEEP_SEEDS; seed++) {
      const rps = load * capacityRps(shape)
      const traffic = { rps, connections: CONNECTIONS, warmMs: 5_000, measureMs: SWEEP_MS, seed }
      seen.push(await virtually({ kind: "fixed", limit, seed, shape }, traffic))
    }
    rows.push({
      limit,
      rps: mean(seen.map((one) => one.goodputRps)),
      p99Ms: mean(seen.map((one) => one.p99Ms)),
    })
  }
  const most = Math.max(...rows.map((row) => row.rps))
  return rows.filter((row) => row.rps >= 0.995 * most).toSorted((a, b) => a.p99Ms - b.p99Ms)[0]
}

interface Shares {
  readonly goodput: Array<number>
  readonly p99: Array<number>
}

/** Prints the table of all scenarios. */
export async function scenarios(seeds: number, warmMs: number, measureMs: number): Promise<void> {
  console.log(
    `Virtual time, from ${INITIAL}, ${warmMs / 1_000} s to find the limit, ${measureMs / 1_000} s measured, ${seeds} seeds each. ` +
      "Shares of what the best fixed limit does.",
  )
  console.log(
    "| backend | load | best fixed | mean limit | goodput, median | worst decile | worst | p99, median | worst decile |",
  )
  console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
  const line = (name: string, load: string, limit: string, ours: string, { goodput, p99 }: Shares): void =>
    console.log(
      `| ${name} | ${load} | ${limit} | ${ours} | ${percent(quantile(goodput, 0.5))} | ${percent(quantile(goodput, 0.1))} | ` +
        `${percent(quantile(goodput, 0))} | ${quantile(p99, 0.5).toFixed(2)} | ${quantile(p99, 0.9).toFixed(2)} |`,
    )
  const run = async (shape: Scenario, into: Shares): Promise<void> => {
    for (const load of LOADS) {
      const best = await bestFixed(shape, load)
      const here: Shares = { goodput: [], p99: [] }
      const limits: Array<number> = []
      for (let seed = OURS_FROM; seed < OURS_FROM + seeds; seed++) {
        const traffic = {
          rps: load * capacityRps(shape),
          connections: CONNECTIONS,
          warmMs,
          measureMs,
          seed,
        }
        const row = await virtually({ kind: "arqon", limit: INITIAL, seed, shape }, traffic)
        here.goodput.push(row.goodputRps / best.rps)
        here.p99.push(row.p99Ms / best.p99Ms)
        limits.push(row.meanLimit)
      }
      into.goodput.push(...here.goodput)
      into.p99.push(...here.p99)
      line(shape.name, String(load), String(best.limit), mean(limits).toFixed(1), here)
    }
  }
  const all: Shares = { goodput: [], p99: [] }
  for (const shape of SCENARIOS) await run(shape, all)
  line("**all of these**", "", "", "", all)
  await run(HELD_BACK, { goodput: [], p99: [] })
}
