/**
 * The runaway guard beside variants, judged by what the plant paid. Root causes of what this holds: windows read on the way to a variant or
 * back went to the relocation alone, and a way back that budgets blocked for half a minute was a ruin that nobody watched; and each way
 * there or back restarted the guard's suspicion, so that where variants change every few seconds it never acted.
 */
import { describe, expect, it } from "vitest"
import { createEngine, type EngineOptions, type SelectableVariant } from "../../src/index.ts"
import { loadedBowl } from "../../src/testing/servicePlants.ts"

const knob = { min: 0, max: 1, initial: 0.3 }

/** Two codecs; the second one may want a place of its own. */
const codecs = (placed: object): ReadonlyArray<SelectableVariant> =>
  (["plain", "packed"] as const).map((codec, i) => ({
    name: codec,
    version: 1,
    state: i === 0 ? "promoted" : "approved",
    values: i === 0 ? { codec } : { codec, ...placed },
    constraints: [],
    rollback: { to: "previous", afterBreaches: 1, quarantineUs: 20_000_000 },
  }))

interface Turning {
  readonly seed: number
  readonly seconds: number
  readonly config: Pick<EngineOptions, "variants" | "window">
  readonly offered: ReadonlyArray<SelectableVariant>
  /** The load is another one after so many digests. */
  readonly loadDigests: number
  /** How far from the start the debt begins to gather. */
  readonly reach: number
}

/** Share of the time after second 200 that cost more than twice what the start does. From then on a debt gathers away from the start. */
async function ruined({ seed, seconds, config, offered, loadDigests, reach }: Turning): Promise<number> {
  const engine = createEngine({ params: { x: knob, y: knob }, seed, clock: "manual", ...config })
  await engine.start()
  engine.relocation.offer(offered)
  const plant = loadedBowl(2, 0.3, 0.05).begin(seed)
  let debt = 0
  let bad = 0
  for (let i = 0; i < 10 * seconds; i++) {
    const { x, y } = engine.values
    // Each variant suits one of two loads.
    const load = Math.floor(i / loadDigests) % 2
    const packed = engine.getSnapshot().relocation?.variant === "packed"
    const isAway = Math.abs(x - 0.3) + Math.abs(y - 0.3) > reach
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
    const config = { window: { us: 5_000_000 }, variants: { cooldownUs: 2_000_000 } }
    // The second one lies where the plant will turn bad.
    const turning = { seconds: 900, config, offered: codecs({ x: 0.62 }), loadDigests: 100, reach: 0.15 }
    for (const seed of [42, 66]) expect(await ruined({ ...turning, seed })).toBeLessThan(0.05)
  })

  it("is taken home though variants change sooner than a suspicion takes", async () => {
    const config = { variants: { cooldownUs: 2_000_000, switchesPerHour: 4_096, stay: 2 } }
    const turning = { seconds: 600, config, offered: codecs({}), loadDigests: 30, reach: 0.1 }
    for (const seed of [1, 2, 3]) expect(await ruined({ ...turning, seed })).toBeLessThan(0.15)
  })
})
