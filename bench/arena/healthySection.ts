/** What the runaway guard costs where nothing runs away: paid with it over paid without it, on the same seeds. */
import type { MemoryPlant } from "../../src/testing/MemoryPlant.ts"
import { meanOf } from "../../src/testing/simulate.ts"
import { healthy, tripled } from "./memoryCases.ts"
import { loopedRun, type MemoryRun } from "./memoryRun.ts"
import { type MemoryOptions, secondsOf } from "./memorySection.ts"
import { atLeast, atMost, type Bar, percent, type Section, table } from "./print.ts"

interface Cost {
  readonly plant: string
  readonly noiseAlone: boolean
  /** Geometric mean over the seeds, and the dearest. */
  readonly mean: number
  readonly worst: number
  readonly guard: MemoryRun["guard"]
  readonly windows: number
  /** Share of the windows that stood still. */
  readonly locked: number
}

const seedsOf = ({ seeds, first }: MemoryOptions): ReadonlyArray<number> =>
  Array.from({ length: seeds }, (_, i) => first + i)

function costOf(plant: MemoryPlant, noiseAlone: boolean, options: MemoryOptions): Cost {
  const { seeds, windows } = options
  const guard = { retreats: 0, blames: 0, worlds: 0 }
  let locked = 0
  const ratios = seedsOf(options).map((seed) => {
    const on = loopedRun(plant, seed, windows)
    const off = loopedRun(plant, seed, windows, { guard: false })
    guard.retreats += on.guard.retreats
    guard.blames += on.guard.blames
    guard.worlds += on.guard.worlds
    locked += on.locked
    return meanOf(on.paid) / meanOf(off.paid)
  })
  const mean = Math.exp(meanOf(ratios.map(Math.log)))
  const total = seeds * windows
  return {
    plant: plant.name,
    noiseAlone,
    mean,
    worst: Math.max(...ratios),
    guard,
    windows: total,
    locked: locked / total,
  }
}

/** The same load everywhere: how often it was acquitted, wrongly blamed, and how many windows stood still. */
interface Acquittal {
  readonly noise: number
  readonly runs: number
  readonly blamed: number
  readonly acquitted: number
  readonly mostLocked: number
}

function acquittalOf(noise: number, options: MemoryOptions): Acquittal {
  const { windows } = options
  const runs = seedsOf(options).map((seed) => loopedRun(tripled(secondsOf(windows), noise), seed, windows))
  return {
    noise,
    runs: runs.length,
    blamed: runs.filter(({ guard }) => guard.blames > 0).length,
    acquitted: runs.filter(({ guard }) => guard.blames === 0).length,
    mostLocked: Math.max(...runs.map(({ locked }) => locked)),
  }
}

const per10000 = (count: number, windows: number): number => (10_000 * count) / windows

export function healthySection(options: MemoryOptions): Section | null {
  const cases = healthy(secondsOf(options.windows)).filter(({ plant }) => options.isWanted(plant.name))
  const costs = cases.map(({ plant, noiseAlone }) => costOf(plant, noiseAlone, options))
  const loads = options.isWanted("load x3") ? [0, 0.05, 0.2].map((noise) => acquittalOf(noise, options)) : []
  if (costs.length + loads.length === 0) return null
  const costly = table(
    [
      "healthy plant",
      "paid over no guard, mean",
      "worst seed",
      "retreats, blames, acquittals",
      "in 10,000",
      "stood still",
    ],
    costs.map(({ plant, mean, worst, guard, windows, locked }) => [
      plant,
      mean.toFixed(4),
      worst.toFixed(4),
      `${guard.retreats}, ${guard.blames}, ${guard.worlds}`,
      per10000(guard.retreats, windows).toFixed(2),
      percent(locked, 2),
    ]),
  )
  const acquitted = table(
    ["load x3 and back", "acquitted", "wrong blames", "most windows locked"],
    loads.map(({ noise, runs, blamed, acquitted, mostLocked }) => [
      `noise ${percent(noise, 0)}`,
      `${acquitted} of ${runs}`,
      String(blamed),
      String(mostLocked),
    ]),
  )
  return {
    name: "healthy",
    text: [
      `Healthy plants: ${options.seeds} seeds each, ${options.windows} windows.`,
      ...(costs.length > 0 ? [costly] : []),
      ...(loads.length > 0 ? [acquitted] : []),
    ].join("\n\n"),
    bars: barsOf(costs, loads),
    data: { costs, loads },
  }
}

function barsOf(costs: ReadonlyArray<Cost>, loads: ReadonlyArray<Acquittal>): ReadonlyArray<Bar> {
  const bars: Array<Bar> = []
  if (costs.length > 0) {
    const mean = Math.exp(meanOf(costs.map((cost) => Math.log(cost.mean)))) - 1
    const alone = costs.filter(({ noiseAlone }) => noiseAlone)
    const retreats = alone.reduce((sum, { guard }) => sum + guard.retreats, 0)
    bars.push(
      atMost("healthy: cost of the guard, mean", mean, 0.003),
      atMost(
        "healthy: cost of the guard, worst kind",
        Math.max(...costs.map((cost) => cost.mean)) - 1,
        0.015,
      ),
    )
    if (alone.length > 0) {
      const windows = alone.reduce((sum, cost) => sum + cost.windows, 0)
      bars.push(
        atMost("healthy: retreats in 10,000 windows under noise alone", per10000(retreats, windows), 0.2),
      )
    }
  }
  const quiet = loads.filter(({ noise }) => noise < 0.1)
  if (quiet.length > 0) {
    const share =
      quiet.reduce((sum, { acquitted }) => sum + acquitted, 0) /
      quiet.reduce((sum, { runs }) => sum + runs, 0)
    bars.push(
      atLeast("load x3: share acquitted", share, 1),
      atMost("load x3: windows locked", Math.max(...quiet.map(({ mostLocked }) => mostLocked)), 25),
    )
  }
  for (const { noise, blamed, runs } of loads.filter(({ noise }) => noise >= 0.1))
    bars.push(atMost(`load x3 at ${percent(noise, 0)} noise: share blamed`, blamed / runs, 0.05))
  return bars
}
