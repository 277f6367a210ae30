/** Ours through `createEngine`, as a service would use it: the sample that shows that runs without actors are the same. */
import { createEngine } from "../../src/index.ts"
import type { MemoryPlant } from "../../src/testing/MemoryPlant.ts"
import { bounded, DIGEST_S, DIGESTS, type MemoryRun, NO_GUARD, WINDOW_US } from "./memoryRun.ts"

/** Only for plants whose knobs go from 0 to 1. */
export async function actedRun(
  plant: MemoryPlant,
  seed: number,
  windows: number,
  guard = true,
): Promise<Pick<MemoryRun, "paid" | "guard">> {
  const names = plant.knobs.map((_, i) => `k${String(i).padStart(2, "0")}`)
  const engine = createEngine({
    params: Object.fromEntries(names.map((name, i) => [name, { min: 0, max: 1, initial: plant.start[i] }])),
    seed,
    clock: "manual",
    window: { us: 10 * WINDOW_US },
    guard,
  })
  const values: Readonly<Record<string, number>> = engine.values
  const running = plant.begin(seed)
  const unit = new Float64Array(names.length)
  const paid = new Float64Array(windows)
  let now = 0
  await engine.start()
  for (let window = 0; window < windows; window++) {
    for (let digest = 0; digest < DIGESTS; digest++) {
      names.forEach((name, i) => (unit[i] = values[name]))
      const objective = bounded(running.advance(unit, DIGEST_S))
      paid[window] += objective / DIGESTS
      now += DIGEST_S * 1e6
      engine.tick(now)
      engine.observe({ timestampUs: now, objective })
    }
  }
  const { guard: seen } = engine.getSnapshot()
  await engine.stop()
  const { retreats, blames, worlds } = seen ?? NO_GUARD
  return { paid, guard: { retreats, blames, worlds } }
}
