/** Loops that share one resource: never more of them off their base than there are seats, never more applies than agreed. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  ACCEPTED,
  DIGEST_GENERATION,
  DIGEST_OBJECTIVE,
  DIGEST_TIMESTAMP_US,
  LINEAR,
  TRIMMED_MEAN,
} from "../../src/hot/codes.ts"
import { HotLoop } from "../../src/hot/HotLoop.ts"
import { FROZEN } from "../../src/hot/phases.ts"
import { HotPath } from "../../src/hot/HotPath.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { SharedBudget } from "../../src/hot/SharedBudget.ts"
import { SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import { GUARDRAILS } from "../../src/domain/guardrailPresets.ts"

const policy = { ...GUARDRAILS.balanced, appliesPerSecond: 100, minIntervalUs: 0 }
const table = new KnobTable([{ min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 }])

function loopOf(seed: number): HotLoop {
  const hot = new HotPath({
    table,
    policy,
    initialUnit: Float64Array.of(0.5),
    window: {
      windowDigests: 1,
      windowUs: 1e6,
      settleUs: 0,
      maxAgeUs: 1e6,
      aggregate: TRIMMED_MEAN,
      trim: 0.1,
    },
    auditCapacity: 64,
    manualTime: true,
  })
  return new HotLoop(hot, new SpsaKernel(table, { ...DEFAULT_SPSA, seed, maxStep: policy.maxStep }))
}

const isOffBase = ({ hot }: HotLoop): boolean => hot.config.unit(0) !== hot.executor.base[0]

/** Every loop reports once a round; returns the times of the applies. */
function run(
  loops: ReadonlyArray<HotLoop>,
  rounds: number,
  everyUs: number,
  look: () => void,
): Array<number> {
  const applies: Array<number> = []
  for (let round = 1; round <= rounds; round++) {
    for (const loop of loops) {
      const { hot } = loop
      const before = hot.executor.applies
      hot.nowCell[0] = round * everyUs
      hot.digest.fill(Number.NaN)
      hot.digest[DIGEST_TIMESTAMP_US] = round * everyUs
      hot.digest[DIGEST_GENERATION] = hot.config.generation
      hot.digest[DIGEST_OBJECTIVE] = (hot.config.unit(0) - 0.3) ** 2
      loop.observe()
      for (let i = before; i < hot.executor.applies; i++) applies.push(round * everyUs)
      hot.audit.drain(() => {})
      look()
    }
  }
  return applies
}

describe("a shared budget", () => {
  it("never lets more loops off their base than it has seats, or more applies per second than configured", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 2, max: 6 }),
        fc.integer({ min: 5_000, max: 200_000 }),
        (probing, appliesPerSecond, count, everyUs) => {
          const shared = new SharedBudget({ probing, appliesPerSecond })
          const loops = Array.from({ length: count }, (_, i) => loopOf(i))
          for (const loop of loops) {
            loop.shared = shared
            loop.hot.nowCell[0] = 1
            loop.start()
          }
          const applies = run(loops, 150, everyUs, () => {
            expect(loops.filter(isOffBase).length).toBeLessThanOrEqual(probing)
          })
          applies.forEach((at, i) => {
            const later = applies[i + appliesPerSecond]
            if (later !== undefined) expect(later - at).toBeGreaterThanOrEqual(1e6)
          })
        },
      ),
      { numRuns: 30 },
    )
  })

  it("lets every loop tune in turn", () => {
    const shared = new SharedBudget({ probing: 1, appliesPerSecond: 1000 })
    const loops = [loopOf(1), loopOf(2), loopOf(3)]
    for (const loop of loops) {
      loop.shared = shared
      loop.start()
    }
    run(loops, 4_000, 20_000, () => {})
    for (const { hot } of loops) expect(Math.abs(hot.executor.base[0] - 0.3)).toBeLessThan(0.05)
    expect(shared.waits).toBeGreaterThan(0)
  })

  it("grants seats in the order of requests, even if some leave the queue, and counts every wait", () => {
    interface Seat {
      seated: boolean
      waiting: boolean
      behind: Seat | null
    }
    const ask = fc.tuple(fc.constantFrom("ask", "leave"), fc.nat(5))
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.array(ask, { maxLength: 80 }),
        fc.constantFrom(3, 1e9),
        (probing, script, appliesPerSecond) => {
          const shared = new SharedBudget({ probing, appliesPerSecond })
          const all = Array.from({ length: 6 }, (): Seat => ({ seated: false, waiting: false, behind: null }))
          const queue: Array<Seat> = []
          const seated = new Set<Seat>()
          const times: Array<number> = []
          let waits = 0
          script.forEach(([what, who], step) => {
            const one = all[who]
            // Every other asker's clock is a little behind.
            const now = 1e6 + step * 50_000
            const said = now - (step % 2) * 20_000
            if (what === "leave") {
              shared.leave(one)
              seated.delete(one)
              if (queue.includes(one)) queue.splice(queue.indexOf(one), 1)
            } else {
              const mayHave = seated.has(one) || (seated.size < probing && (queue[0] ?? one) === one)
              const latest = Math.max(now - 50_000, said, ...times)
              const inSecond = times.filter((at) => at > latest - 1e6).length < appliesPerSecond
              const admitted = shared.admits(Float64Array.of(said), one)
              expect(admitted).toBe(mayHave && inSecond)
              if (!admitted) waits++
              if (!mayHave && !queue.includes(one)) queue.push(one)
              if (!mayHave) expect(shared.againUs).toBe(said + 10_000)
              if (admitted) {
                shared.applied(one)
                times.push(latest)
                seated.add(one)
                if (queue.includes(one)) queue.splice(queue.indexOf(one), 1)
              }
            }
            expect(shared.seated).toBe(seated.size)
            expect(shared.waits).toBe(waits)
            for (const seat of all) {
              expect(seat.seated).toBe(seated.has(seat))
              expect(seat.waiting).toBe(queue.includes(seat))
              expect(seat.behind).toBe(queue.includes(seat) ? (queue[queue.indexOf(seat) + 1] ?? null) : null)
            }
          })
        },
      ),
      { numRuns: 200 },
    )
  })

  it.each([
    ["a trip", (loop: HotLoop) => loop.trip()],
    ["a rest", (loop: HotLoop) => loop.rest()],
    ["a stop", (loop: HotLoop) => loop.stop()],
  ])("gets the seat back after %s during a cycle", (_, leave) => {
    const shared = new SharedBudget({ probing: 1, appliesPerSecond: 1000 })
    const loop = loopOf(1)
    loop.shared = shared
    loop.start()
    expect(shared.seated).toBe(1)
    expect(isOffBase(loop)).toBe(true)
    leave(loop)
    expect(shared.seated).toBe(0)
    expect(isOffBase(loop)).toBe(false)
    leave(loop)
    expect(shared.seated).toBe(0)
  })

  it("never delays a safety action", () => {
    const shared = new SharedBudget({ probing: 1, appliesPerSecond: 0.001 })
    const loop = loopOf(1)
    loop.shared = shared
    loop.start()
    expect(isOffBase(loop)).toBe(true)
    expect(loop.hot.rollback()).toBe(ACCEPTED)
    expect(isOffBase(loop)).toBe(false)
  })

  it.each([
    [{ probing: 0, appliesPerSecond: 1 }, "probing"],
    [{ probing: 1.5, appliesPerSecond: 1 }, "probing"],
    [{ probing: 1, appliesPerSecond: 0 }, "appliesPerSecond"],
    [{ probing: 1, appliesPerSecond: Number.NaN }, "appliesPerSecond"],
    [{ probing: 1, appliesPerSecond: Number.POSITIVE_INFINITY }, "appliesPerSecond"],
  ])("refuses %j and names %s", (numbers, name) => {
    expect(() => new SharedBudget(numbers)).toThrow(name)
  })
})

describe("a loop at rest", () => {
  it("stays on its base without proposals, keeps what it learned, and continues on request", () => {
    const loop = loopOf(7)
    loop.start()
    run([loop], 301, 20_000, () => {})
    const learnt = loop.hot.executor.base[0]
    loop.rest()
    const { applies } = loop.hot.executor
    run([loop], 400, 20_000, () => {})
    expect(loop.phase).toBe(FROZEN)
    expect(loop.hot.executor.applies).toBe(applies)
    expect(loop.hot.config.unit(0)).toBe(learnt)
    expect(loop.trips).toBe(0)
    loop.reset()
    run([loop], 1_000, 20_000, () => {})
    expect(loop.hot.executor.applies).toBeGreaterThan(applies)
  })

  it("continues in another loop with what this one learned", () => {
    const one = loopOf(7)
    one.start()
    run([one], 1_500, 20_000, () => {})
    one.rest()
    const other = loopOf(7)
    other.hot.nowCell[0] = 1
    other.startFrom(one.state)
    // A fresh loop begins with large steps; one that goes on has the small ones.
    expect(other.kernel.eta(other.state)).toBe(one.kernel.eta(one.state))
    expect(other.kernel.cycles(other.state)).toBeGreaterThan(one.kernel.cycles(one.state) - 1)
  })
})
