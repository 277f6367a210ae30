/**
 * Runs a tuner on a plant that remembers, window by window through Tier 1 with the balanced guardrails on, and keeps what the plant
 * really paid. Windows of five digests, a digest every tenth of a second of virtual time. Ours runs without actors, which takes the same
 * decisions as the engine (`actedRun` shows it on a sample).
 */
import { GUARDRAILS } from "../../src/domain/guardrailPresets.ts"
import {
  DIGEST_GENERATION,
  DIGEST_OBJECTIVE,
  DIGEST_TIMESTAMP_US,
  TRIMMED_MEAN,
} from "../../src/hot/codes.ts"
import { G_BLAMED, G_RETREATS, G_WORLDS } from "../../src/hot/guardLayout.ts"
import { HotLoop } from "../../src/hot/HotLoop.ts"
import { HotPath } from "../../src/hot/HotPath.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { FROZEN } from "../../src/hot/phases.ts"
import { SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import { DEFAULT_SPSA, type SpsaSettings } from "../../src/hot/spsaSettings.ts"
import type { MemoryPlant } from "../../src/testing/MemoryPlant.ts"

export const DIGESTS = 5
export const DIGEST_S = 0.1
export const WINDOW_US = DIGESTS * DIGEST_S * 1e6
/** Above this nothing is told apart, and readings stay finite. */
const MOST = 1e12

/** What happened in a run, by window of five digests. */
export interface MemoryRun {
  /** Mean of what was paid. */
  readonly paid: Float64Array
  /** Windows in which the tuner stood still because SafeMode was open. */
  readonly locked: number
  readonly guard: { readonly retreats: number; readonly blames: number; readonly worlds: number }
  /** From which window on which place was the baseline; the first is the start. */
  readonly baselines: ReadonlyArray<{ readonly from: number; readonly unit: Float64Array }>
}

/** A reading as the tuner is told it: (paid - zero) / unit. Ours is told what was paid; rivals that depend on units need this. */
export interface Units {
  readonly zero: number
  readonly unit: number
}

export const AS_PAID: Units = { zero: 0, unit: 1 }
export const NO_GUARD: MemoryRun["guard"] = { retreats: 0, blames: 0, worlds: 0 }

/** One digest's time under `unit`; what was paid, never beyond what can be told apart. */
export const bounded = (paid: number): number => (paid < MOST ? paid : MOST)

/** The plant at one place for the whole run. */
export function standing(
  plant: MemoryPlant,
  at: ArrayLike<number>,
  seed: number,
  windows: number,
): Float64Array {
  const running = plant.begin(seed)
  const unit = Float64Array.from(at)
  return Float64Array.from({ length: windows }, () => {
    let sum = 0
    for (let digest = 0; digest < DIGESTS; digest++) sum += bounded(running.advance(unit, DIGEST_S))
    return sum / DIGESTS
  })
}

export interface LoopOptions {
  readonly guard?: boolean
  /** Of a window, and between two of them in seconds of virtual time. */
  readonly digests?: number
  readonly digestS?: number
  readonly settings?: Partial<SpsaSettings>
}

/** The hot path that `createEngine` makes of the configuration in `actedRun`. */
function hotPathFor(plant: MemoryPlant, table: KnobTable, windowDigests: number): HotPath {
  return new HotPath({
    table,
    policy: GUARDRAILS.balanced,
    initialUnit: Float64Array.from(plant.start),
    window: {
      windowDigests,
      windowUs: 10 * WINDOW_US,
      settleUs: 10_000,
      maxAgeUs: 20 * WINDOW_US,
      aggregate: TRIMMED_MEAN,
      trim: 0.1,
    },
    auditCapacity: 256,
    manualTime: true,
  })
}

const dropped = (): void => {}

/** Ours, without actors. */
export function loopedRun(
  plant: MemoryPlant,
  seed: number,
  windows: number,
  { guard = true, settings = {}, digests = DIGESTS, digestS = DIGEST_S }: LoopOptions = {},
  { zero, unit }: Units = AS_PAID,
): MemoryRun {
  const table = new KnobTable(plant.knobs)
  const hot = hotPathFor(plant, table, digests)
  const constants = { ...DEFAULT_SPSA, ...settings, seed, maxStep: GUARDRAILS.balanced.maxStep }
  const loop = new HotLoop(hot, new SpsaKernel(table, constants), { guard })
  const running = plant.begin(seed)
  const units = new Float64Array(table.size)
  const paid = new Float64Array(windows)
  const baselines = [{ from: 0, unit: Float64Array.from(plant.start) }]
  const baseline = new Float64Array(table.size)
  let locked = 0
  let now = 0
  loop.start()
  for (let window = 0; window < windows; window++) {
    if (loop.phase === FROZEN) locked++
    for (let digest = 0; digest < digests; digest++) {
      hot.config.readUnits(units)
      const cost = bounded(running.advance(units, digestS))
      paid[window] += cost / digests
      now += digestS * 1e6
      hot.nowCell[0] = now
      loop.tick()
      hot.digest.fill(Number.NaN)
      hot.digest[DIGEST_TIMESTAMP_US] = now
      hot.digest[DIGEST_GENERATION] = hot.config.generation
      hot.digest[DIGEST_OBJECTIVE] = (cost - zero) / unit
      loop.observe()
      hot.audit.drain(dropped)
    }
    hot.config.baselineUnits(baseline)
    const last = baselines[baselines.length - 1].unit
    if (baseline.some((x, i) => x !== last[i])) baselines.push({ from: window + 1, unit: baseline.slice() })
  }
  const { guarded } = loop
  const counts = { retreats: guarded[G_RETREATS], blames: guarded[G_BLAMED], worlds: guarded[G_WORLDS] }
  return { paid, locked, guard: counts, baselines }
}
