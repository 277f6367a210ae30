/**
 * The budgets of a minute to the last bit: all positions are multiples of 2^-10, so that nothing rounds and a move of exactly
 * what is left can be told from one that is a hair more. The model keeps every update ever made.
 */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { BudgetWindow } from "../../src/hot/BudgetWindow.ts"
import { ACCEPTED, BUDGET_EXHAUSTED, THRASHING } from "../../src/hot/codes.ts"
import type { GuardrailNumbers } from "../../src/hot/Guardrails.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { balanced, linear, periodic } from "./rig.ts"

const SECOND = 1e6
const GRAIN = 1 / 1024
const policy: GuardrailNumbers = {
  ...balanced,
  maxStep: 1 / 8,
  turnsPerMinute: 2,
  rangePerMinute: 1 / 2,
  pathPerMinute: 2,
}

interface Held {
  readonly position: number
  /** The bucket in which it was left; Infinity for where the base stands. */
  until: number
}
interface Update {
  readonly bucket: number
  readonly way: number
  readonly turned: boolean
}

/** The window begins with a bucket: the fifteen before the running one count too. */
class Ledger {
  held: Array<Held>
  readonly updates: Array<Update> = []
  direction = 0
  extreme: number
  lowest: number

  constructor(at: number) {
    this.held = [{ position: at, until: Number.POSITIVE_INFINITY }]
    this.extreme = at
    this.lowest = at
  }

  get position(): number {
    return this.held[this.held.length - 1].position
  }

  used(bucket: number) {
    const since = bucket - 15
    const updates = this.updates.filter((one) => one.bucket >= since)
    const positions = this.held.filter((one) => one.until >= since).map((one) => one.position)
    return {
      turns: updates.filter((one) => one.turned).length,
      path: updates.reduce((sum, one) => sum + one.way, 0),
      high: Math.max(...positions),
      low: Math.min(...positions),
    }
  }

  private retraces(move: number, reach: number): boolean {
    const back = (this.extreme - (this.position + move)) * this.direction
    return move * this.direction < 0 && back > Math.max(reach, policy.maxStep)
  }

  /** Status, value and limit. */
  judge(bucket: number, move: number, reach: number): ReadonlyArray<number> {
    const { turns, path, high, low } = this.used(bucket)
    const next = this.position + move
    const range = Math.max(policy.rangePerMinute, reach)
    const span = next > high ? next - low : next < low ? high - next : 0
    if (span > range) return [BUDGET_EXHAUSTED, span, range]
    if (path + Math.abs(move) > policy.pathPerMinute)
      return [BUDGET_EXHAUSTED, path + Math.abs(move), policy.pathPerMinute]
    if (turns >= policy.turnsPerMinute && this.retraces(move, reach))
      return [THRASHING, policy.turnsPerMinute + 1, policy.turnsPerMinute]
    return [ACCEPTED]
  }

  move(bucket: number, move: number, reach: number): void {
    const next = this.position + move
    const turned = this.direction !== 0 && this.retraces(move, reach)
    const lim = Math.max(reach, policy.maxStep)
    this.held[this.held.length - 1].until = bucket
    this.held.push({ position: next, until: Number.POSITIVE_INFINITY })
    this.updates.push({ bucket, way: Math.abs(move), turned })
    if (this.direction === 0) {
      this.extreme = Math.max(this.extreme, next)
      this.lowest = Math.min(this.lowest, next)
      this.direction = next - this.lowest > lim ? 1 : this.extreme - next > lim ? -1 : 0
      if (this.direction !== 0) this.extreme = next
    } else if (turned) {
      this.direction = -this.direction
      this.extreme = next
    } else if ((next - this.extreme) * this.direction > 0) this.extreme = next
  }

  rollBack(to: number): void {
    this.held = [{ position: to, until: Number.POSITIVE_INFINITY }]
    this.direction = 0
    this.extreme = to
    this.lowest = to
  }
}

const grains = (most: number) => fc.integer({ min: -most, max: most }).map((k) => k * GRAIN)
/** Half of the moves are of the sizes that limits have. */
const moves = fc.oneof(grains(160), fc.constantFrom(0.125, -0.125, 0.1875, -0.1875, 0.25, -0.25, 0.5, -0.5))
const event = fc.oneof(
  { weight: 30, arbitrary: fc.record({ type: fc.constant("move" as const), by: moves }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("rollBack" as const), by: grains(200) }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("reach" as const), by: fc.constantFrom(0, 0.1875, 0.625) }),
  },
)
const gap = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 3 }).map((k) => k * SECOND) },
  { weight: 2, arbitrary: fc.constantFrom(4 * SECOND - 1, 4 * SECOND, 20 * SECOND) },
  { weight: 1, arbitrary: fc.constantFrom(59 * SECOND, 60 * SECOND, 64 * SECOND, 68 * SECOND, 500 * SECOND) },
)
/** One knob at a time; the middle one of three rests always. */
const stream = fc.array(fc.tuple(event, gap, fc.constantFrom(0, 2)), { minLength: 10, maxLength: 90 })

describe.each([
  ["a line", false],
  ["a circle", true],
] as const)("the budgets of a minute on %s", (_, circle) => {
  const shape = circle ? periodic() : linear()
  const table = new KnobTable([shape, shape, shape])
  const most = circle ? 0.5 : 1

  it("match a ledger of all updates: verdicts with their numbers, bands and usage", () => {
    const met = new Map<number, number>()
    fc.assert(
      fc.property(stream, (events) => {
        const now = new Float64Array(1)
        const reach = new Float64Array(3)
        const base = Float64Array.of(0.5, 0.25, 0.625)
        const window = new BudgetWindow(table, policy, base, reach, now)
        const ledgers = [...base].map((at) => new Ledger(at))
        const target = new Float64Array(3)
        const band = new Float64Array(6)
        const used = new Float64Array(9)
        for (const [{ type, by }, after, who] of events) {
          const ledger = ledgers[who]
          now[0] += after
          const bucket = Math.floor(now[0] / (4 * SECOND))
          if (type === "reach") reach[who] = by
          else if (type === "rollBack") {
            base[who] = 0.5 + by
            window.reset()
            for (const [i, one] of ledgers.entries()) one.rollBack(base[i])
          } else {
            const to = table.contain(who, base[who] + by)
            target.set(base)
            target[who] = to
            const plain = to - base[who]
            const move = circle ? plain - Math.round(plain) : plain
            const verdict = ledger.judge(bucket, move, reach[who])
            const status = window.check(target, 0)
            expect(status).toBe(verdict[0])
            met.set(status, (met.get(status) ?? 0) + 1)
            if (status === ACCEPTED) {
              window.commit(target, 0)
              ledger.move(bucket, move, reach[who])
              expect(base).toEqual(target)
            } else expect([...window.details.subarray(0, 3)]).toEqual([who, verdict[1], verdict[2]])
          }

          // The band holds what would be accepted, a hair short of what would not.
          window.band(band)
          const [down, up] = band.subarray(2 * who, 2 * who + 2)
          expect(down <= 0 && up >= 0 && Math.max(-down, up) <= most).toBe(true)
          for (let k = -63; k <= 63; k++) {
            const move = (k / 64) * most
            const inside = move >= down - 3e-9 && move <= up + 3e-9
            const allowed = ledger.judge(bucket, move, reach[who])[0] === ACCEPTED
            if (inside !== allowed)
              expect.fail(
                `a move of ${move} is ${allowed ? "" : "not "}allowed; the band is ${down} to ${up}`,
              )
          }

          // Now and later; what lies further back than a minute is out of use.
          for (const later of [0, 4 * SECOND, 30 * SECOND, 64 * SECOND, 68 * SECOND, 1000 * SECOND]) {
            window.usage(now[0] + later, used)
            const expected = ledgers.flatMap((one) => {
              const { turns, path, high, low } = one.used(Math.floor((now[0] + later) / (4 * SECOND)))
              return [turns, high - low, path]
            })
            expect([...used]).toEqual(expected)
          }
        }
      }),
      { numRuns: 90 },
    )
    for (const status of [ACCEPTED, BUDGET_EXHAUSTED, THRASHING]) expect(met.get(status)).toBeGreaterThan(10)
  })
})
