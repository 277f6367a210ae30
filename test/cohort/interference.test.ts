/** Whether replicas interfere is found where they do, rarely claimed where they do not, and ends the halves for good. */
import { describe, expect, it } from "vitest"
import { interferenceRow } from "../../bench/replicas/interference.ts"
import { Interference, NEEDED_EVIDENCE, widen } from "../../src/cohort/Interference.ts"
import { Follower } from "../../src/cohort/Follower.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { RECORD_CODE, RECORD_DETAIL, RECORD_KIND } from "../../src/hot/AuditRing.ts"
import { AUDIT_COHORT } from "../../src/hot/codes.ts"
import { COHORT_ACTS, COHORT_DESIGNS } from "../../src/domain/words.ts"
import { gaussianAt, uniformAt } from "../../src/testing/noise.ts"
import { quadratic } from "../../src/testing/plants.ts"
import { Town } from "../replica/Town.ts"

/** How many of so many tuners claim interference within 200 checks of three knobs; `noise` of a check, by counter. */
function claims(tuners: number, noise: (counter: number) => number): number {
  let counter = 0
  let claimed = 0
  for (let tuner = 0; tuner < tuners; tuner++) {
    const interference = new Interference(3)
    for (let check = 0; check < 200; check++) {
      const direction = [0, 1, 2].map((i) => (uniformAt(i, counter) < 0.5 ? -1 : 1))
      if (interference.take(noise(counter++), 0, direction)) claimed++
    }
  }
  return claimed
}

describe("interference", () => {
  it("is claimed in at most one run of a hundred where there is none, whatever the noise looks like", () => {
    const heavy = (at: number): number => gaussianAt(1, at) / Math.max(0.01, uniformAt(2, at))
    const growing = (at: number): number => gaussianAt(3, at) * 1.03 ** (at % 200)
    for (const noise of [(at: number) => gaussianAt(4, at), heavy, growing])
      expect(claims(1000, noise)).toBeLessThanOrEqual(1000 / NEEDED_EVIDENCE + 5)
  })

  it("is found at once where nothing scatters, with its knob and its direction", () => {
    const interference = new Interference(2)
    let checks = 0
    while (interference.found === null && checks < 100) {
      // What is shared goes against the second knob.
      const direction = [uniformAt(5, checks) < 0.5 ? -1 : 1, uniformAt(6, checks) < 0.5 ? -1 : 1]
      interference.take(1 - 0.4 * direction[1], 1, direction)
      checks++
    }
    expect(interference.found).toMatchObject({ knob: 1, checks })
    expect(interference.found?.difference).toBeCloseTo(-0.4, 9)
    expect(checks).toBeLessThan(20)
  })

  it("of the private curvature, and of three tenths of it, is found, and the end is as good as in turns", () => {
    for (const shared of [1, 0.3]) {
      const { found, lateAbove } = interferenceRow(shared, 40, 400)
      expect(found).toBeGreaterThanOrEqual(0.95)
      expect(lateAbove).toBeLessThanOrEqual(0.02)
    }
    expect(interferenceRow(0, 60, 400).found).toBeLessThanOrEqual(1 / 60)
  })

  it("moves the targets of a check apart, within the bounds, and never together", () => {
    const table = new KnobTable(quadratic(3).knobs)
    const plus = Float64Array.of(0.51, 0.01, 0.3)
    const minus = Float64Array.of(0.49, 0.03, 0.5)
    widen(table, Float64Array.of(0.5, 0.02, 0.4), Float64Array.of(0.1, 0.1, 0.1), plus, minus)
    ;[0.55, 0, 0.3].forEach((unit, i) => expect(plus[i]).toBeCloseTo(unit, 8))
    ;[0.45, 0.04, 0.5].forEach((unit, i) => expect(minus[i]).toBeCloseTo(unit, 8))
  })

  // Half a step of 25.5 around a pair's middle of 40.5 led from a base of 40 to 66: half of the replicas refused, and the check was lost.
  it("keeps the targets of a check within what replicas take, for whole numbers on either side of any base", () => {
    const space = requireEngineConfig({
      params: { concurrency: { min: 1, max: 256, step: 1, initial: 32 } },
    }).space
    const { table } = space
    for (let value = 1; value <= 256; value++)
      for (const [up, down] of [
        [1, 0],
        [0, 1],
        [0, -1],
        [-1, 0],
        [2, -1],
      ]) {
        const at = (to: number) => table.snap(0, table.encode(0, Math.min(256, Math.max(1, to))))
        const base = Float64Array.of(at(value))
        const plus = Float64Array.of(at(value + up))
        const minus = Float64Array.of(at(value + down))
        widen(table, base, Float64Array.of(0.2), plus, minus)
        for (const side of [plus, minus]) {
          const follower = new Follower(space, 0.2)
          const named = (units: Float64Array) => ({ concurrency: table.decode(0, units[0]) })
          const taken = follower.take({
            at: [1, 1],
            role: side === plus ? "plus" : "minus",
            values: named(side),
            base: named(base),
            baseline: named(base),
          })
          expect([value, taken]).toEqual([value, "taken"])
        }
      }
  })
})

describe("ten replicas that share what they are tuned on", () => {
  /** Loses by its own value, and by the mean of all. */
  const town = (shared: number, design: "auto" | "split"): Town => {
    const at: Town = new Town({
      replicas: 10,
      engine: {
        params: { pool: { min: 0, max: 100, initial: 25 } },
        guardrails: { preset: "aggressive", rangePerMinute: 1, pathPerMinute: 1000, turnsPerMinute: 1000 },
      },
      cohort: { design },
      loss: (values) => {
        const mean = at.cores.reduce((sum, core) => sum + core.value(0), 0) / at.cores.length
        return ((values[0] - 80) / 100) ** 2 + shared * (mean / 100) ** 2
      },
      noise: { common: 0.02, own: 0.005 },
    })
    return at
  }
  const base = (at: Town): number => at.settings.space.table.decode(0, at.loop.hot.executor.base[0])

  it("are tried in turns for good once that is found, from the baseline on, and the audit says so", () => {
    const at = town(1, "auto")
    const acts: Array<string> = []
    at.onRecord = (block, from) => {
      if (block[from + RECORD_KIND] === AUDIT_COHORT)
        acts.push(`${COHORT_ACTS[block[from + RECORD_DETAIL]]} ${COHORT_DESIGNS[block[from + RECORD_CODE]]}`)
    }
    let seconds = 0
    while (!at.loop.interferes && seconds < 900) {
      at.run(5)
      seconds += 5
    }
    expect(at.loop.interference?.evidence).toBeGreaterThanOrEqual(NEEDED_EVIDENCE)
    const foundAt = acts.indexOf("interference together")
    expect(foundAt).toBeGreaterThan(0)
    at.run(240)
    expect(new Set(acts.slice(foundAt + 1))).toEqual(new Set(["drawn together", "read together"]))
    expect(acts.slice(0, foundAt)).toContain("drawn split")
    // 40 is best for all, 80 for each alone.
    expect(Math.abs(base(at) - 40)).toBeLessThan(15)
  })

  it("are led to where each alone would go, by halves that nobody checks", () => {
    expect(base(town(1, "split").run(200))).toBeGreaterThan(65)
  })

  it("go on in halves where they share nothing", () => {
    const at = town(0, "auto").run(300)
    expect(at.loop.interferes).toBe(false)
    expect(Math.abs(base(at) - 80)).toBeLessThan(15)
  })
})
