/** The temporal key of the homeostasis cache through the whole engine: what it gains, what outlives the engine, and that a replay repeats it. */
import { describe, expect, it } from "vitest"
import type { ArqonEngine, EngineOptions } from "../../src/index.ts"
import { HomeostasisCache } from "../../src/index.ts"
import { KnobTable } from "../../src/hot/index.ts"
import { replay } from "../../src/journal/replay/replay.ts"
import { type Knob, manual, wobble } from "./plant.ts"
import { record } from "./recordedRun.ts"

const EVERY_US = 20_000
/** Lowest where: timeout and batch, by load. */
const LOWEST = [
  [7, 20],
  [3, 120],
] as const
/** Digests of one swing: as long as sixteen windows. */
const SWING = 80
const VISIT = 2400

/** A wave, or short peaks of the same mean and spread. */
const swing = (load: number, digest: number): number => {
  const turn = digest / SWING
  const wave = Math.SQRT2 * Math.sin(2 * Math.PI * turn)
  return 100 * Math.exp(0.3 * (load === 0 ? wave : turn - Math.floor(turn) < 0.2 ? 2 : -0.5))
}

/** Reports visits of two loads in turn, which have one level and two courses. */
function live(engine: ArqonEngine<Knob>, visits: number): void {
  for (let i = 0; i < visits * VISIT; i++) {
    const load = Math.floor(i / VISIT) % 2
    const [timeout, batch] = LOWEST[load]
    const timestampUs = (i + 1) * EVERY_US
    engine.tick(timestampUs)
    const { values } = engine
    const objective =
      ((values.timeout - timeout) / 10) ** 2 + Math.log(values.batch / batch) ** 2 / 30 + wobble(i, 0.0005)
    engine.observe({ objective, throughputRps: swing(load, i), errorRate: 0, timestampUs })
  }
}

const TEMPORAL: Partial<EngineOptions<Knob>> = { homeostasis: { key: "temporal" } }

describe("an engine that recognises loads by their pattern", () => {
  it("returns to the best place of each load, which a level alone cannot tell, and replays byte for byte", async () => {
    const kept = async (options: Partial<EngineOptions<Knob>>) => {
      const recorded = await record((engine) => live(engine, 6), options)
      const ways = recorded.words.filter(
        ({ kind, reason }) => kind === "relocation" && reason === "kept",
      ).length
      return { recorded, ways }
    }
    const plain = await kept({ homeostasis: {} })
    const { recorded, ways } = await kept(TEMPORAL)
    expect(ways).toBeGreaterThan(plain.ways)
    const { words, records } = recorded
    const run = {
      run: words[0].run,
      config: JSON.parse(JSON.stringify(words[0].start?.["config"])) as unknown,
      records: records.map(({ numbers }) => numbers),
    }
    expect(run.config).toMatchObject({ homeostasis: { key: "temporal" } })
    expect(replay(run)).toMatchObject({ verdict: "identical", difference: null })
  })

  it("passes its learned data to the next engine, and refuses another key", async () => {
    const first = manual(TEMPORAL)
    await first.start()
    live(first, 2)
    const learned = JSON.parse(JSON.stringify(first.relocation.learned())) as NonNullable<
      EngineOptions<Knob>["learned"]
    >
    expect(learned.homeostasis.regimes.map(({ fingerprint }) => fingerprint.kind)).toContain("repeating")
    await first.stop()
    const second = manual({ ...TEMPORAL, learned })
    await second.start()
    const prints = (one: typeof learned) => one.homeostasis.regimes.map(({ fingerprint }) => fingerprint)
    expect(prints(second.relocation.learned())).toEqual(prints(learned))
    await second.stop()
    expect(() => manual({ homeostasis: { key: "time" as never } })).toThrow(/homeostasis\.key/)
  })

  it("also has its key in the cache alone", () => {
    const table = new KnobTable([{ min: 0, max: 1, scale: 0, step: 0, maxStep: 0 }])
    const cache = new HomeostasisCache(table, { maxStep: 0.1, key: "temporal" })
    for (let window = 0; window < 120; window++) {
      const nowUs = window * 1_000_000
      cache.observe({ nowUs, loss: 1, features: { throughputRps: swing(0, window * 5) } })
      if (window % 2 === 1) cache.cycle({ nowUs, loss: 1, base: [0.5] })
    }
    expect(cache.regimes.map(({ fingerprint }) => fingerprint.kind)).toEqual(["repeating"])
    const again = new HomeostasisCache(table, { maxStep: 0.1, key: "temporal" }, cache.toJSON())
    expect(again.regimes).toEqual(cache.regimes)
  })
})
