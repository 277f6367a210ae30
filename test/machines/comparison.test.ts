/** Windows of the baseline between windows of the base: when they are measured, what they cost, and what follows. */
import { createActor } from "xstate"
import { describe, expect, it } from "vitest"
import { engineMachine } from "../../machines/engine.machine.ts"
import { persist, revive, safeUnits } from "../../machines/persist.ts"
import {
  AUDIT_BASELINE_SET,
  AUDIT_SAFE_MODE_ENTERED,
  AUDIT_VERDICT,
  AUDIT_VIOLATION,
  RETURN_TO_BASE,
  ROLLBACK,
  UPDATE,
  VISIT_BASELINE,
} from "../../src/hot/codes.ts"
import type { HotPath } from "../../src/hot/HotPath.ts"
import { VERDICT_REASONS, VERDICTS } from "../../src/domain/words.ts"
import { hotPath, POLICY, type PlantModel, type Rig, Rig as RigClass, rig, wobble } from "./rig.ts"

const isBaseline = (hot: HotPath): boolean => {
  const units = new Float64Array(2)
  hot.config.baselineUnits(units)
  return units.every((unit, i) => Math.abs(unit - hot.config.unit(i)) < 1e-12)
}

/** Any configuration is as good as any other. */
const flat: PlantModel = (_, i) => 1 + 0.1 * wobble(i)
/** Whatever is not the baseline is worse by the given share. */
const worseBy =
  (share: number): PlantModel =>
  (hot, i) =>
    (isBaseline(hot) ? 1 : 1 + share) * (1 + 0.1 * wobble(i))

const comparing = (over: object = {}, policy: Partial<typeof POLICY> = {}): Rig =>
  rig(
    { comparison: { everyCycles: 2, ...over } },
    { policy: { ...POLICY, minStableUs: Infinity, ...policy } },
  )

const verdicts = (it: Rig): ReadonlyArray<string> =>
  it
    .kinds(AUDIT_VERDICT)
    .map((line) => `${VERDICTS[line.detail] ?? "?"} ${VERDICT_REASONS[line.code] ?? "?"}`)

const comparisonOf = (it: Rig) => it.engine.getSnapshot().context.comparison

describe("windows of the baseline", () => {
  it("are not measured by default", () => {
    const it = rig()
    it.run(3_000)
    expect(it.written.filter((one) => one.detail === VISIT_BASELINE)).toEqual([])
    expect(it.kinds(AUDIT_VERDICT)).toEqual([])
    expect(comparisonOf(it)).toBeNull()
  })

  it("are measured in pairs with the base, in either order, exactly on the baseline, and do not move the base", () => {
    const it = comparing()
    const start = it.base
    const orders = new Set<string>()
    let bases = ""
    for (let i = 0; i < 6_000; i++) {
      it.run(1, flat)
      if (it.hot.executor.lastKind === VISIT_BASELINE) {
        expect(it.live).toEqual(start)
        expect(JSON.stringify(it.base)).toBe(bases)
      }
      bases = JSON.stringify(it.base)
    }
    const kinds = it.written.map((one) => one.detail)
    kinds.forEach((kind, at) => {
      if (kind !== VISIT_BASELINE) return
      // Whichever comes first, a visit is ended by a return to the base before anything else.
      expect(kinds[at + 1]).toBe(RETURN_TO_BASE)
      orders.add(kinds[at - 1] === RETURN_TO_BASE ? "base first" : "baseline first")
    })
    expect([...orders].sort()).toEqual(["base first", "baseline first"])
    const pairs = it.kinds(AUDIT_VERDICT).length
    expect(pairs).toBeGreaterThan(20)
    expect(kinds.filter((kind) => kind === VISIT_BASELINE).length - pairs).toBeLessThanOrEqual(1)
    expect(it.kinds(AUDIT_VIOLATION)).toEqual([])
  })

  it("cost what the policy allows: two windows every few cycles", () => {
    const it = comparing({ everyCycles: 4 })
    it.run(20_000, flat)
    const { cycle } = it.engine.getSnapshot().children as unknown as Cycle
    const { kernel, block } = cycle.getSnapshot().context
    expect(Math.abs(it.kinds(AUDIT_VERDICT).length - kernel.get().cycles(block) / 4)).toBeLessThan(2)
  })

  it("are skipped without a baseline and cause no trip; the first baseline is earned without them", () => {
    const it = rig({ comparison: { everyCycles: 2 }, startIsBaseline: false })
    it.run(6_000)
    expect(it.kinds(AUDIT_SAFE_MODE_ENTERED)).toEqual([])
    expect(it.written.filter((one) => one.detail === ROLLBACK)).toEqual([])
    const kinds = it.audit.map((line) => line.kind)
    const set = kinds.indexOf(AUDIT_BASELINE_SET)
    expect(set).toBeGreaterThan(0)
    expect(kinds.slice(0, set)).not.toContain(AUDIT_VERDICT)
    expect(kinds.slice(set)).toContain(AUDIT_VERDICT)
  })

  it("are not waited for if there never is a baseline", () => {
    const it = rig(
      { comparison: { everyCycles: 2 }, startIsBaseline: false, limits: { refusalsToTrip: 1 } },
      { policy: { ...POLICY, minStableUs: Infinity } },
    )
    it.run(6_000)
    expect(it.nowUs).toBeGreaterThan(60_000_000)
    expect(it.kinds(AUDIT_VERDICT)).toEqual([])
    expect(it.kinds(AUDIT_SAFE_MODE_ENTERED)).toEqual([])
    // Asked for once every other cycle, not again and again.
    const updates = it.written.filter((one) => one.detail === UPDATE).length
    expect(it.kinds(AUDIT_VIOLATION).length).toBeLessThanOrEqual(updates / 2 + 1)
  })

  it("do not keep the tuner from the optimum", () => {
    const it = comparing()
    it.run(8_000)
    expect(Math.hypot(it.base[0] - 0.7, it.base[1] - 0.3)).toBeLessThan(0.1)
    expect(it.written.filter((one) => one.detail === ROLLBACK)).toEqual([])
  })

  it("give the same bytes for the same seed and stream", () => {
    const runs = [1, 2].map(() => {
      const it = comparing()
      it.run(4_000, worseBy(0.3))
      return JSON.stringify([it.written, it.audit])
    })
    expect(runs[0]).toBe(runs[1])
  })
})

type Cycle = {
  readonly cycle: {
    getSnapshot(): {
      readonly context: {
        readonly kernel: { get(): { cycles(block: Float64Array): number } }
        readonly block: Float64Array
      }
    }
  }
}

describe("a tuned configuration that is worse", () => {
  it("is rolled back by the evidence, with its numbers in the audit, although no cycle was worse than the one before", () => {
    const it = comparing()
    it.run(9_000, worseBy(0.3))
    const fails = verdicts(it).filter((verdict) => verdict.startsWith("fail"))
    expect(new Set(fails)).toEqual(new Set(["fail regression"]))
    expect(it.written.filter((one) => one.detail === ROLLBACK)).toHaveLength(fails.length)
    expect(comparisonOf(it)?.counts.fail).toBe(fails.length)
  })

  it("returns to the baseline bit for bit", () => {
    const it = comparing()
    const start = it.base
    it.run(9_000, worseBy(0.3))
    const rollbacks = it.written.filter((one) => one.detail === ROLLBACK)
    expect(rollbacks.length).toBeGreaterThan(0)
    for (const one of rollbacks) expect(one.units).toEqual(start)
  })

  it("is rolled back within a few pairs if it is far worse", () => {
    const it = comparing()
    // The noise is learnt first; then whatever is not the baseline costs three times as much.
    const plant: PlantModel = (hot, i) => (i < 4_000 ? flat(hot, i) : worseBy(2)(hot, i))
    it.run(4_000, plant)
    const before = it.kinds(AUDIT_VERDICT).length
    while (it.written.at(-1)?.detail !== ROLLBACK && it.i < 6_000) it.run(1, plant)
    expect(verdicts(it).at(-1)).toBe("fail criticalEffect")
    expect(it.kinds(AUDIT_VERDICT).length - before).toBeLessThanOrEqual(4)
  })

  it("needs a person after more rollbacks in an hour than the policy allows", () => {
    const it = comparing({}, { rollbacksPerHour: 1, cooldownUs: 1_000_000 })
    it.run(20_000, worseBy(0.3))
    expect(it.written.filter((one) => one.detail === ROLLBACK)).toHaveLength(2)
    expect(it.mode).toContain("safe")
    const { latch } = it.engine.getSnapshot().children as unknown as Latch
    expect(latch.getSnapshot().context).toMatchObject({ reason: "objectiveRegression", exit: "manualReset" })
  })

  it("is not reported without a difference", () => {
    const it = comparing()
    it.run(30_000, flat)
    expect(verdicts(it).filter((verdict) => verdict.startsWith("fail"))).toEqual([])
    expect(verdicts(it)).toContain("pass sound")
  })
})

type Latch = { readonly latch: { getSnapshot(): { readonly context: object } } }

describe("a tuned configuration that is better", () => {
  it("becomes the baseline, exactly as measured, when pairs have shown it twice", () => {
    const it = comparing()
    it.run(20_000)
    expect(it.kinds(AUDIT_BASELINE_SET).length).toBeGreaterThan(1)
    const units = new Float64Array(2)
    it.hot.config.baselineUnits(units)
    expect(Math.hypot(units[0] - 0.7, units[1] - 0.3)).toBeLessThan(0.2)
  })
})

describe("a comparison without data", () => {
  /** Silent under the baseline once the tuner has left it. */
  const mute: PlantModel = (hot, i) =>
    hot.executor.lastKind === VISIT_BASELINE && i > 500 ? null : flat(hot, i)

  it("holds, and returns to the baseline after the deadline", () => {
    const it = comparing({ holdUs: 20_000_000 })
    const from = it.nowUs
    while (it.written.at(-1)?.detail !== ROLLBACK && it.i < 5_000) it.run(1, mute)
    expect(verdicts(it)).toContain("hold missing")
    expect(verdicts(it).at(-1)).toBe("fail holdDeadline")
    expect(it.nowUs - from).toBeGreaterThan(20_000_000)
  })

  it("does not count a cooldown as missing data", () => {
    const it = comparing({ holdUs: 20_000_000 }, { cooldownUs: 60_000_000 })
    it.run(2_000, flat)
    it.engine.send({ type: "rollback", nowUs: it.nowUs })
    it.run(8_000, flat)
    expect(verdicts(it).filter((verdict) => verdict.startsWith("fail"))).toEqual([])
  })
})

describe("a visit that is interrupted", () => {
  const onVisit = (): Rig => {
    const it = comparing()
    it.run(2_000)
    while (it.hot.executor.lastKind !== VISIT_BASELINE) it.run(1)
    return it
  }

  it("by a trip ends on the base", () => {
    const it = onVisit()
    it.engine.send({ type: "trip", reason: "manualTrigger", nowUs: it.nowUs })
    expect(it.live).toEqual(it.base)
    expect(it.mode).toContain("safe")
  })

  it("by a stop ends on the base", () => {
    const it = onVisit()
    it.engine.send({ type: "stop", nowUs: it.nowUs })
    expect(it.live).toEqual(it.base)
  })

  it("by a restart starts over: the pair is void, but the noise stays known", () => {
    const it = onVisit()
    const before = comparisonOf(it)
    const data = persist(it.engine)
    it.engine.stop()
    const units = safeUnits(JSON.parse(JSON.stringify(data)))
    const hot = hotPath({ initialUnit: units ?? Float64Array.of(0.3, 0.6) })
    const engine = createActor(engineMachine, {
      input: { hot, seed: 42 },
      snapshot: revive(JSON.parse(JSON.stringify(data)), { hot }),
    })
    engine.start()
    const again = new RigClass(engine, hot)
    expect(comparisonOf(again)?.watch).toMatchObject({ noise: before?.watch.noise, pairs: 0 })
    hot.nowCell[0] = it.nowUs
    again.run(3_000)
    expect(again.kinds(AUDIT_VERDICT).length).toBeGreaterThan(5)
    expect(again.kinds(AUDIT_VIOLATION)).toEqual([])
  })
})
