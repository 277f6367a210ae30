/**
 * Runs an engine against a plant that remembers, as its service would, and keeps what the plant paid: a judge that knows nothing of the
 * engine's inside. Windows of five digests, a digest every tenth of a second of virtual time.
 */
import { type ArqonEngine, createEngine } from "../../src/index.ts"
import type { EngineConfig } from "../../src/domain/Config.ts"
import type { MemoryPlant } from "../../src/testing/MemoryPlant.ts"

const DIGEST_US = 100_000

export interface SeenRun {
  /** What was paid, by digest. */
  readonly paid: Float64Array
  /** When SafeMode was open, by digest: 1 or 0. */
  readonly safe: Uint8Array
}

export interface OutsideOptions {
  readonly seed: number
  readonly seconds: number
  readonly config?: Partial<EngineConfig>
  /** What somebody else asks of it after a digest. */
  readonly asks?: (engine: ArqonEngine, step: number) => void
}

/** Tunes `plant` for so many seconds; what it paid, and when the engine stood still. */
export async function tuned(
  plant: MemoryPlant,
  { seed, seconds, config, asks }: OutsideOptions,
): Promise<SeenRun> {
  const names = plant.knobs.map((_, i) => `k${String(i).padStart(2, "0")}`)
  const engine = createEngine({
    params: Object.fromEntries(names.map((name, i) => [name, { min: 0, max: 1, initial: plant.start[i] }])),
    seed,
    clock: "manual",
    window: { us: 5_000_000 },
    ...config,
  })
  const running = plant.begin(seed)
  const unit = new Float64Array(names.length)
  const steps = Math.round((seconds * 1e6) / DIGEST_US)
  const paid = new Float64Array(steps)
  const safe = new Uint8Array(steps)
  await engine.start()
  for (let step = 0; step < steps; step++) {
    names.forEach((name, i) => (unit[i] = (engine.values as Record<string, number>)[name]))
    paid[step] = running.advance(unit, DIGEST_US / 1e6)
    const timestampUs = (step + 1) * DIGEST_US
    engine.tick(timestampUs)
    engine.observe({ timestampUs, objective: paid[step] })
    asks?.(engine, step)
    safe[step] = engine.getSnapshot().mode === "safe" ? 1 : 0
  }
  await engine.stop()
  return { paid, safe }
}

/** What the plant pays when nobody touches it. */
export function untouched(
  plant: MemoryPlant,
  { seed, seconds }: OutsideOptions,
  at = plant.start,
): Float64Array {
  const running = plant.begin(seed)
  const unit = Float64Array.from(at)
  return Float64Array.from({ length: Math.round((seconds * 1e6) / DIGEST_US) }, () =>
    running.advance(unit, DIGEST_US / 1e6),
  )
}

export const mean = (values: ArrayLike<number>, from = 0, to = values.length): number => {
  let sum = 0
  for (let i = from; i < to; i++) sum += values[i]
  return sum / (to - from)
}
