/**
 * The variant that is live, and a catalogue that says otherwise. Root causes of what is held here: the engine looked for its live
 * variant by name and only at windows, so one that was revised and approved anew went on with content that nobody approves any
 * more, one that was withdrawn in SafeMode stayed, and a process that took over believed a variant live that its plant had never
 * been told of.
 */
import { describe, expect, it } from "vitest"
import type { ArqonEngine, EngineOptions, SelectableVariant } from "../../src/index.ts"
import { type Knob, manual, wobble } from "./plant.ts"
import { record } from "./recordedRun.ts"
import { replay } from "../../src/journal/replay/replay.ts"

type Engine = ArqonEngine<Knob>

function live(engine: Engine, digests: number): void {
  const from = Math.max(0, engine.nowUs)
  for (let i = 1; i <= digests; i++) {
    const timestampUs = from + 20_000 * i
    engine.tick(timestampUs)
    engine.observe({ objective: ((engine.values.timeout - 7) / 10) ** 2 + wobble(i, 0.01), timestampUs })
  }
}

const rollback = { to: "previous", afterBreaches: 1, quarantineUs: 0 }
const VARIANTS: Partial<EngineOptions<Knob>> = { variants: { cooldownUs: 0 } }

const offer = (level: number, name = "zstd"): ReadonlyArray<SelectableVariant> => [
  { name, version: level, state: "approved", values: { level }, constraints: [], rollback },
]

/** An engine with a variant that is live, and what its plant was told. */
async function begun(options: Partial<EngineOptions<Knob>> = VARIANTS) {
  const engine = manual(options)
  await engine.start()
  const told: Array<unknown> = []
  engine.relocation.onSwitch(({ name, choices }) => told.push([name, choices["level"]]))
  engine.relocation.offer(offer(3))
  live(engine, 200)
  expect(told).toEqual([["zstd", 3]])
  return { engine, told }
}

describe("a live variant", () => {
  it("that was revised and approved again is replaced by its new content, and its data is discarded", async () => {
    const { engine, told } = await begun()
    engine.relocation.offer(offer(9))
    expect(told.slice(1)).toEqual([[null, undefined]])
    expect(engine.relocation.learned().variants.bandit.arms).toEqual([])
    live(engine, 200)
    expect(told.slice(2)).toEqual([["zstd", 9]])
    await engine.stop()
  })

  it("stays if only its version, constraints or position changed", async () => {
    const { engine, told } = await begun()
    const [one] = offer(3)
    engine.relocation.offer([
      ...offer(1, "gzip"),
      { ...one, version: 12, constraints: [{ channel: "errorRate", of: "outcome", atMost: 1 }] },
    ])
    expect(told).toHaveLength(1)
    expect(engine.relocation.variant()).toBe("zstd")
    await engine.stop()
  })

  it("that is no longer offered is left before the call returns, in any state of the engine", async () => {
    for (let digests = 0; digests < 60; digests += 4) {
      const { engine, told } = await begun()
      live(engine, digests)
      engine.relocation.offer([])
      expect(told.at(-1)).toEqual([null, undefined])
      expect(engine.relocation.variant()).toBeNull()
      live(engine, 100)
      expect(engine.getSnapshot().relocation?.phase).toBe("watching")
      await engine.stop()
    }
  })

  it("is also left in SafeMode, and nothing is applied for that until SafeMode ends", async () => {
    const { engine, told } = await begun()
    live(engine, 300)
    engine.trip("a look")
    const { generation, values } = engine.getSnapshot()
    engine.relocation.offer([])
    expect(told.at(-1)).toEqual([null, undefined])
    live(engine, 50)
    expect(engine.getSnapshot()).toMatchObject({ generation, values, relocation: { phase: "watching" } })
    engine.reset()
    live(engine, 200)
    expect(engine.getSnapshot()).toMatchObject({ mode: "adapting", relocation: { phase: "watching" } })
    await engine.stop()
  })

  it("is selected and reported again in another process", async () => {
    const { engine } = await begun()
    await engine.stop()
    const learned = engine.relocation.learned()
    expect(learned.variants.live).toBe("zstd")
    const next = manual({ ...VARIANTS, learned })
    await next.start()
    expect(next.relocation.variant()).toBeNull()
    const told: Array<string | null> = []
    next.relocation.onSwitch(({ name }) => told.push(name))
    next.relocation.offer(offer(3))
    live(next, 400)
    expect([told, next.relocation.variant()]).toEqual([["zstd"], "zstd"])
    await next.stop()
  })

  it("is part of a run that is replayed byte for byte, whatever the catalogue says meanwhile", async () => {
    const recorded = await record((engine) => {
      engine.relocation.offer(offer(3))
      live(engine, 333)
      engine.relocation.offer(offer(9))
      live(engine, 150)
      engine.trip("a look")
      engine.relocation.offer([])
      engine.reset()
      live(engine, 100)
    }, VARIANTS)
    const { words, records } = recorded
    expect(words.filter(({ kind }) => kind === "variant").length).toBeGreaterThan(3)
    const run = {
      run: words[0].run,
      config: JSON.parse(JSON.stringify(words[0].start?.["config"])) as unknown,
      records: records.map(({ numbers }) => numbers),
      notes: new Map(words.flatMap(({ seq, note }) => (note === undefined ? [] : [[seq, note] as const]))),
    }
    expect(replay(run)).toMatchObject({ verdict: "identical", difference: null })
  })
})
