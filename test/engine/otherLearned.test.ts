/**
 * What was learnt by an engine that was another one. Root cause of what is held here: only the names of the knobs were compared, so
 * a place remembered half way from 1 to 64 was gone to half way from 1 to 256.
 */
import { existsSync, writeFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { createEngine as nodeEngine } from "../../src/index.node.ts"
import { createEngine, type EngineOptions } from "../../src/index.ts"
import { EMPTY_SELECTION } from "../../src/control/variantSelection.ts"
import { fingerprintOf } from "../../src/control/fingerprint.ts"
import { EMPTY_HOMEOSTASIS } from "../../src/control/homeostasis.ts"
import type { Regime } from "../../src/control/relocationTypes.ts"
import { ownFolder } from "../journal/journalRig.ts"
import { freshRegime } from "../control/freshRegime.ts"

const folder = ownFolder()

const regime = (id: number, cycles = 9): Regime =>
  freshRegime({
    id,
    unit: [0.5],
    fingerprint: fingerprintOf([{ throughputRps: 100 * id }]),
    cycles,
  })

/** What an engine with one knob, from 1 to 64, has learnt. */
const learned = (regimes: ReadonlyArray<Regime>, own: object = {}) => ({
  knobs: ["workers"],
  ranges: [{ min: 1, max: 64, scale: "linear" }],
  homeostasis: { nextId: 9, regimes, evicted: EMPTY_HOMEOSTASIS.evicted },
  variants: EMPTY_SELECTION,
  ...own,
})

const options = (own: object): EngineOptions<"workers"> => ({
  params: { workers: { min: 1, max: 64 } },
  homeostasis: {},
  clock: "manual",
  ...own,
})

describe("learned data", () => {
  it("states the ranges of its knobs, and is accepted by an engine with the same ranges", async () => {
    const engine = createEngine(options({ learned: learned([regime(1)]) }))
    await engine.start()
    expect(engine.relocation.regimes()).toHaveLength(1)
    expect(engine.relocation.learned().ranges).toEqual([{ min: 1, max: 64, scale: "linear" }])
    await engine.stop()
    // Earlier versions said nothing of it.
    const earlier: unknown = JSON.parse(JSON.stringify(learned([], { ranges: undefined })))
    expect(() => createEngine(options({ learned: earlier }))).not.toThrow()
  })

  it("under other ranges is refused, naming the first of them", () => {
    for (const workers of [
      { min: 1, max: 256 },
      { min: 1, max: 64, scale: "log" },
    ])
      expect(() => createEngine(options({ params: { workers }, learned: learned([regime(1)]) }))).toThrow(
        /learned\.ranges.*workers from 1 to 64 linear, not 1 to (256 linear|64 log).*Leave learned out/,
      )
  })

  it("under other ranges, or with repeated numbers, is set aside in its directory", async () => {
    for (const [name, kept, words] of [
      ["ranges", learned([regime(1)], { ranges: [{ min: 1, max: 9, scale: "linear" }] }), "has other ranges"],
      ["twice", learned([regime(1), regime(1)]), "repeats the number of a regime"],
      ["next", learned([regime(9)]), "repeats the number of a regime"],
    ] as const) {
      const state = folder.in(name)
      const before = nodeEngine(options({ state }))
      await before.start()
      await before.stop()
      writeFileSync(`${state}/learned.json`, JSON.stringify(kept))
      const engine = nodeEngine(options({ state }))
      await engine.start()
      engine.tick(1)
      expect(engine.relocation.regimes()).toEqual([])
      expect(existsSync(`${state}/learned.json.unreadable`)).toBe(true)
      expect(JSON.stringify(engine.audit.records())).toContain(words)
      await engine.stop()
    }
  })

  it("is cut to a smaller capacity, keeping the best", async () => {
    const regimes = [regime(1, 3), regime(2, 90), regime(3, 30)]
    const engine = createEngine(options({ homeostasis: { capacity: 2 }, learned: learned(regimes) }))
    await engine.start()
    expect(engine.relocation.regimes().map(({ id }) => id)).toEqual([2, 3])
    await engine.stop()
  })
})
