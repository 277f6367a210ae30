/** A variant on trial: its constraints hold on the canaries, or it never gets to the rest. */
import { describe, expect, it } from "vitest"
import { Canary, UNBOUNDED, type VariantTrial } from "../../src/cohort/Canary.ts"
import { readVariant } from "../../src/cohort/readVariant.ts"
import type { GroupReading, Turn } from "../../src/cohort/SideBySide.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import type { VariantContent } from "../../src/domain/Variant.ts"

const base: GroupReading = { loss: 1, margin: Number.NaN, errorRate: 0, p99Us: 900 }
const turn = (canary: Partial<GroupReading>): Turn => ({ aside: { ...base, ...canary }, beside: base })
/** No worse than the base, and by a coin a little better or worse. */
const sound = (i: number, over: Partial<GroupReading> = {}): Turn =>
  turn({ loss: i % 2 === 0 ? 1.001 : 0.999, ...over })
const variant = (over: Partial<VariantTrial> = {}): VariantTrial => ({
  name: "lean",
  bounds: [{ of: "errorRate", least: -UNBOUNDED, most: 0.01 }],
  afterBreaches: 2,
  ...over,
})
const onTrial = (trial: VariantTrial): Canary =>
  new Canary(Float64Array.of(0.5), { pairs: 0, spread: 0, square: 0 }, trial)

describe("a variant on its canaries", () => {
  it("is dropped once so many turns in a row have broken a constraint", () => {
    const canary = onTrial(variant())
    const failing = { errorRate: 0.02 }
    expect(canary.take(sound(0, failing))).toBeNull()
    expect(canary.take(sound(1))).toBeNull()
    expect(canary.take(sound(2, failing))).toBeNull()
    expect(canary.take(sound(3, failing))).toBe("constraint")
  })

  it("is held to be outside of a bound that nobody measured", () => {
    const bounds = [{ of: "margin", least: 0, most: UNBOUNDED }] as const
    expect(onTrial(variant({ bounds, afterBreaches: 1 })).take(sound(0))).toBe("constraint")
  })

  it("is not rolled out in a turn that breaks a constraint, whatever was shown before", () => {
    const plain = onTrial(variant({ bounds: [] }))
    let turns = 0
    while (plain.end === null) plain.take(sound(turns++))
    expect(plain.end).toBe("rolledOut")
    const canary = onTrial(variant())
    for (let i = 0; i < turns - 1; i++) canary.take(sound(i))
    expect(canary.take(sound(turns - 1, { errorRate: 0.02 }))).toBeNull()
    expect(canary.sound).toBeGreaterThanOrEqual(100)
    expect(canary.take(turn({ loss: 0.999 }))).toBe("rolledOut")
  })
})

describe("a variant that is to be rolled out", () => {
  const { space } = requireEngineConfig({
    params: { batch: { min: 1, max: 101 }, size: { min: 1, max: 8, step: 1 } },
  })
  const content: VariantContent = {
    values: { batch: 51 },
    constraints: [{ channel: "objective", of: "outcome", atLeast: 5 }],
  }
  const record = {
    name: "lean",
    version: 3,
    state: "approved",
    content,
    authors: ["ada"],
    evidence: [],
    evidenceCount: 0,
    approval: null,
    promotion: null,
  }
  const read = (over: object, sign = 1) =>
    readVariant({ ...record, ...over }, space, { base: space.initialUnit, sign })
  const pathsOf = (over: object): ReadonlyArray<string> => {
    const got = read(over)
    return "problems" in got ? got.problems.map(({ path }) => path) : []
  }

  it("has its values at their place, the other knobs on the base, and its bounds on the loss that canaries read", () => {
    const units = Float64Array.of(0.5, space.initialUnit[1])
    expect(read({})).toEqual({
      units,
      trial: { name: "lean", afterBreaches: 1, bounds: [{ of: "loss", least: 5, most: UNBOUNDED }] },
    })
    // What is maximised is a loss with its sign turned: at least 5 is at most -5.
    expect(read({}, -1)).toMatchObject({ trial: { bounds: [{ of: "loss", least: -UNBOUNDED, most: -5 }] } })
    const rollback = { to: "previous", afterBreaches: 3, quarantineUs: 0 }
    expect(read({ content: { ...content, rollback } })).toMatchObject({ trial: { afterBreaches: 3 } })
  })

  it("is refused with every problem at once, each with its path", () => {
    expect(pathsOf({})).toEqual([])
    const odd = {
      values: { batch: "fast", speed: 1 },
      constraints: [
        { channel: "temperature", of: "outcome", atMost: 9 },
        { channel: "errorRate", of: "context", atMost: 1 },
      ],
    }
    expect(pathsOf({ state: "draft", content: odd })).toEqual([
      "variant.state",
      "variant.content.values.batch",
      "variant.content.values.speed",
      "variant.content.constraints[0].channel",
      "variant.content.constraints[1].of",
    ])
    expect(pathsOf({ content: { ...content, values: {} } })).toEqual(["variant.content.values"])
    for (const none of [null, 7, {}, [record]])
      expect(readVariant(none, space, { base: space.initialUnit, sign: 1 })).toHaveProperty("problems")
  })
})
