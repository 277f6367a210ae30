import { describe, expect, it } from "vitest"
import * as fc from "fast-check"
import { checkPlan, type PlanOptions } from "../../../src/temporal/logic/checkPlan.ts"
import * as make from "../../../src/temporal/logic/formula.ts"
import { problemsOf } from "../../problemsOf.ts"

/** A backlog: 12 jobs come per digest, each server does 4. */
const backlog = (servers: ReadonlyArray<number>, extra: Partial<PlanOptions> = {}): PlanOptions => ({
  model: (digest, knobs, disturbance) => ({
    queue: Math.max(0, digest.queue + 12 + 4 * disturbance - 4 * knobs.servers),
  }),
  start: { queue: 10 },
  plan: servers.map((count) => ({ servers: count })),
  ...extra,
})
const below = (level: number) => make.channel("queue").below(level)

describe("a plan on a model", () => {
  it("holds with the margin of the digest that comes nearest to the bound", () => {
    // Queues 14, 18, 14, 10.
    const verdict = checkPlan(below(20), backlog([2, 2, 4, 4]))
    expect(verdict).toMatchObject({ verdict: "holds", margin: 2, run: 0 })
    expect(verdict.witness).toMatchObject({ index: 1 })
    expect(verdict.text).toBe(
      'Holds on this model over 4 digests with margin 2; "queue < 20" at digest 1 decides. A model is not the plant.',
    )
  })

  it("fails by as much as the worst digest breaks the rule", () => {
    const verdict = checkPlan(below(15), backlog([2, 2, 4, 4]))
    expect(verdict).toMatchObject({ verdict: "fails", margin: -3 })
    expect(verdict.text).toBe('Fails on this model over 4 digests by 3; "queue < 15" at digest 1 decides.')
  })

  it("is judged by the worst of its runs", () => {
    // Disturbed by 1 throughout: queues 18, 26, 26, 26.
    expect(checkPlan(below(30), backlog([2, 2, 4, 4], { runs: 3 }))).toMatchObject({ margin: 4, run: 1 })
  })

  it("draws the same disturbances for the same seed, within their range, and others for another", () => {
    const drawn = (seed: number): ReadonlyArray<number> => {
      const seen: Array<number> = []
      checkPlan(make.constant(true), {
        model: (digest, _, disturbance) => (seen.push(disturbance), digest),
        start: { queue: 0 },
        plan: [{ servers: 1 }, { servers: 1 }],
        runs: 40,
        seed,
      })
      return seen
    }
    expect(drawn(7)).toEqual(drawn(7))
    expect(drawn(7)).not.toEqual(drawn(8))
    expect(drawn(7).slice(0, 6)).toEqual([0, 0, 1, 1, -1, -1])
    expect(Math.min(...drawn(7))).toBeGreaterThanOrEqual(-1)
    expect(Math.max(...drawn(7))).toBeLessThanOrEqual(1)
    expect(new Set(drawn(7)).size).toBe(3 + 2 * 37)
  })

  it("may speak of knobs, and of bounds in time", () => {
    const changes = make.always(
      make.implies(make.channel("servers").above(3), make.eventually(below(12), make.seconds(0, 2))),
    )
    // Queues 14, 18, 14, 10.
    expect(checkPlan(changes, backlog([2, 2, 4, 4]))).toMatchObject({ verdict: "holds" })
    expect(checkPlan(changes, backlog([2, 2, 4, 4], { everyUs: 3e6 }))).toMatchObject({ verdict: "fails" })
  })

  it("is unknown where the model leaves out what decides, and never a pass", () => {
    const model = () => ({ queue: Number.NaN })
    expect(checkPlan(below(20), backlog([2], { model }))).toMatchObject({ verdict: "unknown" })
    expect(
      checkPlan(make.or(below(20), make.channel("servers").above(1)), backlog([2], { model })),
    ).toMatchObject({
      verdict: "holds",
      margin: 1,
    })
    expect(checkPlan(below(20), backlog([2], { model: () => ({}) }))).toMatchObject({ verdict: "unknown" })
  })

  it("that holds by a margin holds on every model that is off by less", () => {
    const off = fc.array(fc.double({ min: -0.999, max: 0.999, noNaN: true }), { minLength: 5, maxLength: 5 })
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 5, maxLength: 5 }),
        off,
        (servers, errors) => {
          const path: Array<number> = []
          const { margin } = checkPlan(
            below(25),
            backlog(servers, {
              model: (digest, knobs, d) => {
                const queue = backlog([]).model(digest, knobs, d)
                path.push(queue.queue)
                return queue
              },
            }),
          )
          fc.pre(margin !== 0)
          let i = 0
          const other = checkPlan(
            below(25),
            backlog(servers, { model: () => ({ queue: path[i] + Math.abs(margin) * errors[i++] }) }),
          )
          expect(other.verdict).toBe(margin > 0 ? "holds" : "fails")
        },
      ),
    )
  })

  it.each([
    ["no digest", { plan: [] }, "plan"],
    ["a knob that is missing later", { plan: [{ servers: 1 }, {}] }, "plan[1]"],
    ["another knob later", { plan: [{ servers: 1 }, { servers: 1, workers: 2 }] }, "plan[1]"],
    ["a knob that is no number", { plan: [{ servers: Number.NaN }] }, "plan[0]"],
    ["no channel", { start: {} }, "start"],
    ["no run", { runs: 0 }, "runs"],
    ["no time between digests", { everyUs: 0 }, "everyUs"],
  ])("with %s is refused", (_, change, path) => {
    expect(problemsOf(() => checkPlan(below(1), backlog([1], change))).map((one) => one.path)).toContain(path)
  })

  it("with a rule over unknown names is refused", () => {
    expect(problemsOf(() => checkPlan(make.channel("p99").below(1), backlog([1])))[0].path).toBe("formula")
  })
})
