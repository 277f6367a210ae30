/** A candidate through the public face: what is refused, what a caller learns of its end, and what status and audit say. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { ConfigError } from "../../src/domain/errors.ts"
import { DIGEST_OBJECTIVE } from "../../src/hot/codes.ts"
import { createReplica } from "../../src/replica/createReplica.ts"
import { createTuner } from "../../src/replica/createTuner.ts"

const params = { batch: { min: 1, max: 101, initial: 21 }, size: { min: 1, max: 8, step: 1, initial: 4 } }

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"],
  })
})
afterEach(() => {
  vi.useRealTimers()
})

const problemsOf = (act: () => unknown): ReadonlyArray<string> => {
  try {
    void act()
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path, message }) => `${path}: ${message}`)
    throw error
  }
  return []
}

describe("rolling out a candidate", () => {
  it("is refused with every problem at once, and nothing has begun then", () => {
    const tuner = createTuner({ name: "t", engine: { params } })
    const refused = problemsOf(() => tuner.rollOut({ batch: 500, size: Number.NaN, botch: 1 } as never))
    expect(refused).toEqual([
      "rollOut: cannot begin: the tuner does not run.",
      "values.batch: must be from 1 to 101, not 500.",
      "values.botch: is not a knob.",
      "values.size: must be from 1 to 8, not NaN.",
    ])
    for (const values of [null, [], {}, 7])
      expect(problemsOf(() => tuner.rollOut(values as never))).toContainEqual(
        "values: must name at least one knob.",
      )
    expect(tuner.status().canary).toBeNull()
  })

  it("is refused while another is on trial; that one is withdrawn by a person, and when the tuner stops", async () => {
    const tuner = createTuner({ name: "t", engine: { params } })
    void tuner.start()
    const first = tuner.rollOut({ batch: 51 })
    expect(tuner.status().canary).toMatchObject({
      values: { batch: 51, size: 4 },
      end: null,
      difference: null,
    })
    expect(problemsOf(() => tuner.rollOut({ batch: 61 }))).toEqual([
      expect.stringContaining("another candidate is on trial"),
    ])
    tuner.withdraw()
    expect(await first).toBe("withdrawn")
    const second = tuner.rollOut({ size: 5 })
    await tuner.stop()
    expect(await second).toBe("withdrawn")
    const said = tuner.audit.records().filter(({ kind, action }) => kind === "cohort" && action === "canary")
    expect(said.map(({ note }) => note)).toEqual(["on trial", "withdrawn", "on trial", "withdrawn"])
  })

  it("resolves once the rest may follow, and they do", async () => {
    const tuner = createTuner({ name: "t", engine: { params, guard: false } })
    void tuner.start()
    const all = Array.from({ length: 6 }, (_, i) =>
      createReplica({ tuner: "t", at: tuner, params, name: `pod-${i}` }),
    )
    await Promise.all(all.map((one) => one.start()))
    const work = setInterval(() => {
      for (const one of all) {
        one.digest.fill(Number.NaN)
        one.digest[DIGEST_OBJECTIVE] = 1
        one.observeDigest()
      }
    }, 50)
    const end = tuner.rollOut({ batch: 41 })
    for (let s = 0; s < 200 && tuner.status().canary?.end === null; s++)
      await vi.advanceTimersByTimeAsync(1_000)
    expect(await end).toBe("rolledOut")
    await vi.advanceTimersByTimeAsync(2_000)
    for (const { values } of all) expect(Math.abs(values.batch - 41)).toBeLessThan(5)
    clearInterval(work)
    await tuner.stop()
    for (const one of all) void one.stop()
  })

  it("keeps a variant that breaks its constraints from all but the canary and the one it changes places with", async () => {
    const tuner = createTuner({ name: "t", engine: { params, guard: false } })
    void tuner.start()
    const all = Array.from({ length: 6 }, (_, i) =>
      createReplica({ tuner: "t", at: tuner, params, name: `pod-${i}` }),
    )
    await Promise.all(all.map((one) => one.start()))
    const met = new Set<number>()
    const work = setInterval(() => {
      all.forEach((one, i) => {
        const there = one.values.batch > 60
        if (there) met.add(i)
        one.observe({ objective: there ? 0.5 : 1, errorRate: there ? 1 : 0 })
      })
    }, 50)
    const constraints = [{ channel: "errorRate", of: "outcome", atMost: 0.01 }] as const
    const rollback = { to: "previous", afterBreaches: 2, quarantineUs: 0 }
    const end = tuner.rollOutVariant({
      name: "greedy",
      version: 3,
      state: "approved",
      content: { values: { batch: 81 }, constraints, rollback },
      authors: ["ada"],
      evidence: [],
      evidenceCount: 0,
      approval: { by: "bo", why: "measured", atUs: 1 },
      promotion: null,
    })
    expect(tuner.status().canary).toMatchObject({ variant: "greedy", values: { batch: 81, size: 4 } })
    for (let s = 0; s < 200 && tuner.status().canary?.end === null; s++)
      await vi.advanceTimersByTimeAsync(1_000)
    expect(await end).toBe("constraint")
    await vi.advanceTimersByTimeAsync(5_000)
    expect(met.size).toBeGreaterThan(0)
    expect(met.size).toBeLessThanOrEqual(2)
    for (const { values } of all) expect(values.batch).toBeLessThan(60)
    const said = tuner.audit.records().filter(({ kind, action }) => kind === "cohort" && action === "canary")
    expect(said[0].note).toBe('variant "greedy" on trial')
    clearInterval(work)
    await tuner.stop()
    for (const one of all) void one.stop()
  })
})
