/**
 * The runaway guard beside variants, judged by what the plant paid. Root cause of what this holds: windows read on the way to a variant or
 * back went to the relocation alone. A way back that budgets blocked for half a minute was a ruin that nobody watched.
 */
import { describe, expect, it } from "vitest"
import { createEngine, type SelectableVariant } from "../../src/index.ts"
import { loadedBowl } from "../../src/testing/servicePlants.ts"

const knob = { min: 0, max: 1, initial: 0.3 }

/** The second one lies where the plant will turn bad. */
const offered: ReadonlyArray<SelectableVariant> = (["plain", "packed"] as const).map((codec, i) => ({
  name: codec,
  version: 1,
  state: i === 0 ? "promoted" : "approved",
  values: i === 0 ? { codec } : { codec, x: 0.62 },
  constraints: [],
  rollback: { to: "previous", afterBreaches: 1, quarantineUs: 20_000_000 },
}))

/** Share of the time after second 200 that cost more than twice what the start does. From then on a debt gathers away from the start. */
async function ruined(seed: number, seconds: number): Promise<number> {
  const engine = createEngine({
    params: { x: knob, y: knob },
    seed,
    clock: "manual",
    window: { us: 5_000_000 },
    variants: { cooldownUs: 2_000_000 },
  })
  await engine.start()
  engine.relocation.offer(offered)
  const plant = loadedBowl(2, 0.3, 0.05).begin(seed)
  let debt = 0
  let bad = 0
  for (let i = 0; i < 10 * seconds; i++) {
    const { x, y } = engine.values
    // Each variant suits one of two loads.
    const load = Math.floor(i / 100) % 2
    const packed = engine.getSnapshot().relocation?.variant === "packed"
    const isAway = Math.abs(x - 0.3) + Math.abs(y - 0.3) > 0.15
    debt = i > 2_000 && isAway ? Math.min(3, debt + 0.02) : Math.max(0, debt - 0.04)
    const objective = plant.advance(Float64Array.of(x, y), 0.1) + debt + (packed === (load === 1) ? 0 : 0.3)
    if (i > 2_000 && objective > 2.9) bad++
    const timestampUs = (i + 1) * 100_000
    engine.tick(timestampUs)
    engine.observe({ timestampUs, objective, throughputRps: 100 * (1 + load), errorRate: 0 })
  }
  await engine.stop()
  return bad / (10 * seconds - 2_000)
}

describe("a plant that turns bad while variants are chosen", () => {
  it("is taken home on the way to a variant, or back, too", async () => {
    for (const seed of [42, 66]) expect(await ruined(seed, 900)).toBeLessThan(0.05)
  })
})
