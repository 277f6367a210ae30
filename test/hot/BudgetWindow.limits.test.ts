/** Where one budget alone decides: way spent to the last bit, turns with a reach that shrinks, and the ends of a band. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { BudgetWindow } from "../../src/hot/BudgetWindow.ts"
import { ACCEPTED, BUDGET_EXHAUSTED, THRASHING } from "../../src/hot/codes.ts"
import type { GuardrailNumbers } from "../../src/hot/Guardrails.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { balanced, linear, periodic } from "./rig.ts"

const SECOND = 1e6
const HAIR = 1e-9
/** Nothing but what a test sets. */
const lax: GuardrailNumbers = {
  ...balanced,
  maxStep: 1 / 8,
  rangePerMinute: Number.POSITIVE_INFINITY,
  pathPerMinute: Number.POSITIVE_INFINITY,
  turnsPerMinute: Number.POSITIVE_INFINITY,
}

class Minute {
  readonly now = new Float64Array(1)
  readonly reach: Float64Array
  readonly base: Float64Array
  readonly window: BudgetWindow
  private readonly circle: boolean

  constructor(policy: Partial<GuardrailNumbers>, base: ReadonlyArray<number>, circle = false) {
    const table = new KnobTable(base.map(() => (circle ? periodic() : linear())))
    this.circle = circle
    this.base = Float64Array.from(base)
    this.reach = new Float64Array(base.length)
    this.window = new BudgetWindow(table, { ...lax, ...policy }, this.base, this.reach, this.now)
  }

  /** Where the bases would be after these moves. */
  after(moves: ReadonlyArray<number>): Float64Array {
    return this.base.map((at, i) => {
      const to = at + moves[i]
      return this.circle ? to - Math.floor(to) : to
    })
  }

  judge(...moves: ReadonlyArray<number>): number {
    return this.window.check(this.after(moves), 0)
  }

  move(...moves: ReadonlyArray<number>): number {
    const to = this.after(moves)
    const status = this.window.check(to, 0)
    if (status === ACCEPTED) this.window.commit(to, 0)
    return status
  }

  /** Down and up of one knob. */
  band(knob = 0): readonly [number, number] {
    const out = new Float64Array(2 * this.base.length)
    this.window.band(out)
    return [out[2 * knob], out[2 * knob + 1]]
  }

  turns(knob = 0): number {
    const out = new Float64Array(3 * this.base.length)
    this.window.usage(this.now[0], out)
    return out[3 * knob]
  }
}

describe.each([
  ["a line", false],
  ["a circle", true],
] as const)("the way of a minute on %s", (_, circle) => {
  it("is the sum of all moves of each knob, and a refusal states what it would be", () => {
    const step = fc.tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -40, max: 40 }))
    const script = fc.array(fc.tuple(step, fc.constantFrom(0, 1, 3, 7, 30)), { maxLength: 60 })
    fc.assert(
      fc.property(script, (events) => {
        const minute = new Minute({ pathPerMinute: 1 / 4 }, [0.5, 0.5], circle)
        const spent: Array<readonly [bucket: number, ways: ReadonlyArray<number>]> = []
        for (const [grains, seconds] of events) {
          minute.now[0] += seconds * SECOND
          const bucket = Math.floor(minute.now[0] / (4 * SECOND))
          const used = [0, 1].map((i) =>
            spent.reduce((sum, [at, ways]) => (at >= bucket - 15 ? sum + ways[i] : sum), 0),
          )
          // On a line nobody moves out of it.
          const moves = grains.map((grain, i) => {
            const move = grain / 512
            return !circle && Math.abs(minute.base[i] + move - 0.5) > 0.5 ? 0 : move
          })
          const after = used.map((way, i) => way + Math.abs(moves[i]))
          const over = after.map((way, i) => way > 1 / 4 && moves[i] !== 0)
          const status = minute.move(...moves)
          expect(status).toBe(over.includes(true) ? BUDGET_EXHAUSTED : ACCEPTED)
          if (status === ACCEPTED) spent.push([bucket, moves.map(Math.abs)])
          else {
            const [knob, value, limit] = minute.window.details
            expect(over[knob]).toBe(true)
            expect([value, limit]).toEqual([after[knob], 1 / 4])
          }
          const now = status === ACCEPTED ? after : used
          for (const i of [0, 1]) {
            const left = Math.max(0, 1 / 4 - now[i] - HAIR)
            const [down, up] = minute.band(i)
            expect(down + 0).toBeCloseTo(-left, 15)
            expect(up).toBeCloseTo(left, 15)
          }
        }
      }),
      { numRuns: 100 },
    )
  })

  it("leaves an empty band once it is spent to the last bit, and staying costs nothing", () => {
    const minute = new Minute({ pathPerMinute: 1 / 4 }, [0.5, 0.5], circle)
    expect(minute.move(1 / 8, 0)).toBe(ACCEPTED)
    expect(minute.move(-1 / 8, 0)).toBe(ACCEPTED)
    expect(minute.band().map((end) => end + 0)).toEqual([0, 0])
    expect(minute.judge(0, 1 / 8)).toBe(ACCEPTED)
    expect(minute.judge(2 ** -40, 0)).toBe(BUDGET_EXHAUSTED)
  })

  it("may also be spent to the last bit by a move within the range of the minute", () => {
    const minute = new Minute({ pathPerMinute: 1 / 4 }, [0.5, 0.5], circle)
    for (const move of [1 / 8, -1 / 16, 1 / 32]) expect(minute.move(0, move)).toBe(ACCEPTED)
    expect(minute.judge(0, -1 / 32 - 2 ** -40)).toBe(BUDGET_EXHAUSTED)
    expect(minute.move(0, -1 / 32)).toBe(ACCEPTED)
    expect(minute.judge(0, 2 ** -40)).toBe(BUDGET_EXHAUSTED)
  })

  it("beyond the new limit holds its knob, which may stay, while the others continue", () => {
    const minute = new Minute({}, [0.5, 0.5], circle)
    for (const move of [1 / 8, -1 / 8, 1 / 16]) expect(minute.move(0, move)).toBe(ACCEPTED)
    minute.window.relimit({ ...lax, pathPerMinute: 1 / 8 })
    for (const move of [2 ** -40, -(2 ** -40)]) expect(minute.judge(0, move)).toBe(BUDGET_EXHAUSTED)
    expect(minute.band(1).map((end) => end + 0)).toEqual([0, 0])
    expect(minute.move(0, 0)).toBe(ACCEPTED)
    expect(minute.move(1 / 16, 0)).toBe(ACCEPTED)
  })
})

describe("the ends of a band", () => {
  it.each([
    ["way", { pathPerMinute: 3 / 8 }],
    ["range", { rangePerMinute: 1 / 4 }],
    ["turns", { turnsPerMinute: 0 }],
  ] as const)("are accepted, and three hairs beyond them nothing is, for want of %s", (_, policy) => {
    for (const sign of [1, -1]) {
      const minute = new Minute(policy, [0.5])
      expect(minute.move(sign / 8)).toBe(ACCEPTED)
      expect(minute.move(sign / 16)).toBe(ACCEPTED)
      let bounded = 0
      minute.band().forEach((end) => {
        expect(minute.judge(end)).toBe(ACCEPTED)
        // A band ends at the whole range where no budget ends it.
        if (Math.abs(end) === 1) return
        bounded++
        expect(minute.judge(end + Math.sign(end) * 3 * HAIR)).not.toBe(ACCEPTED)
      })
      expect(bounded).toBe("turnsPerMinute" in policy ? 1 : 2)
    }
  })
})

describe("a band with two budgets to keep", () => {
  it.each([1, -1])("ends at the tighter one (%i)", (sign) => {
    const ends = (policy: Partial<GuardrailNumbers>): readonly [back: number, on: number] => {
      const minute = new Minute({ turnsPerMinute: 0, ...policy }, [0.5])
      for (let i = 0; i < 2; i++) expect(minute.move(sign / 8)).toBe(ACCEPTED)
      const [down, up] = minute.band()
      return sign > 0 ? [-down, up] : [up, -down]
    }
    // A turn would begin an eighth back; the way, or the range, may end before that, and on the other side.
    const wide = Number.POSITIVE_INFINITY
    for (const [pathPerMinute, rangePerMinute, back, on] of [
      [wide, wide, 1 / 8, 1],
      [5 / 16, wide, 1 / 16, 1 / 16],
      [1 / 2, wide, 1 / 8, 1 / 4],
      [wide, 5 / 16, 1 / 8, 1 / 16],
      [9 / 32, 5 / 16, 1 / 32, 1 / 32],
    ]) {
      const [found, further] = ends({ pathPerMinute, rangePerMinute })
      expect(found).toBeCloseTo(back, 7)
      expect(further).toBeCloseTo(on, 7)
    }
  })
})

describe("turns", () => {
  it.each([1, -1])("do not count for a knob that stays, however far it has drifted back (%i)", (sign) => {
    const minute = new Minute({ turnsPerMinute: 0 }, [0.5, 0.5])
    for (let i = 0; i < 3; i++) expect(minute.move(0, sign / 8)).toBe(ACCEPTED)
    minute.reach[1] = 0.3
    expect(minute.move(0, -sign * 0.28)).toBe(ACCEPTED)
    minute.reach[1] = 0
    expect(minute.move(1 / 16, 0)).toBe(ACCEPTED)
    expect(minute.turns(1)).toBe(0)
  })

  it.each([1, -1])("have a direction as soon as a stricter step makes a leg of a wobble (%i)", (sign) => {
    const minute = new Minute({}, [0.5, 0.5])
    for (const move of [1, -1]) expect(minute.move(0, (move * sign) / 16)).toBe(ACCEPTED)
    minute.window.relimit({ ...lax, maxStep: 1 / 32 })
    // The same wobble again, twice: its first leg sets the direction, the others turn.
    for (const [leg, turns] of [
      [1, 0],
      [-1, 1],
      [1, 2],
    ]) {
      expect(minute.move(0, (leg * sign) / 16)).toBe(ACCEPTED)
      expect([minute.turns(0), minute.turns(1)]).toEqual([0, turns])
    }
  })

  it.each([1, -1])("begin beyond the distance of a coarse knob's neighbours, not at it (%i)", (sign) => {
    for (const allowed of [0, 1]) {
      const minute = new Minute({ turnsPerMinute: allowed }, [0.5])
      minute.reach[0] = 1 / 4
      for (let i = 0; i < 3; i++) expect(minute.move(sign / 8)).toBe(ACCEPTED)
      expect(minute.judge(-sign * (1 / 4 + 2 ** -40))).toBe(allowed === 0 ? THRASHING : ACCEPTED)
      expect(minute.move(-sign / 4)).toBe(ACCEPTED)
      expect(minute.turns()).toBe(0)
    }
  })

  it.each([1, -1])(
    "do not count while moving on, even if the reach that allowed a retrace is gone (%i)",
    (sign) => {
      const minute = new Minute({ turnsPerMinute: 0 }, [0.5])
      for (let i = 0; i < 3; i++) expect(minute.move(sign / 8)).toBe(ACCEPTED)
      minute.reach[0] = 0.3
      expect(minute.move(-sign * 0.28)).toBe(ACCEPTED)
      expect(minute.turns()).toBe(0)
      minute.reach[0] = 0
      expect(minute.judge(-sign * 0.01)).toBe(THRASHING)
      expect([...minute.window.details.subarray(0, 3)]).toEqual([0, 1, 0])
      expect(minute.move(sign * 0.01)).toBe(ACCEPTED)
      expect(minute.turns()).toBe(0)
      // Back where it was, in the direction of travel all the time.
      expect(minute.move(sign * 0.27)).toBe(ACCEPTED)
      expect(minute.turns()).toBe(0)
      expect(minute.judge(-sign * 0.124)).toBe(ACCEPTED)
      expect(minute.judge(-sign * 0.126)).toBe(THRASHING)
    },
  )

  it.each([1, -1])(
    "count for a retrace slightly longer than the step, not for a slightly shorter one (%i)",
    (sign) => {
      for (const [hairs, turns] of [
        [2, 1],
        [0.5, 1],
        [-0.5, 0],
        [-2, 0],
      ]) {
        const minute = new Minute({}, [0.5])
        for (let i = 0; i < 2; i++) minute.move(sign / 8)
        minute.move(-sign * (1 / 8 + hairs * HAIR))
        expect(minute.turns()).toBe(turns)
      }
    },
  )

  it("are refused for the knob that turns, among others that do not", () => {
    const minute = new Minute({ turnsPerMinute: 1 }, [0.5, 0.5, 0.5])
    for (let i = 0; i < 2; i++) expect(minute.move(1 / 8, 1 / 8, -1 / 8)).toBe(ACCEPTED)
    expect(minute.move(0, -1 / 4, 0)).toBe(ACCEPTED)
    expect([minute.turns(0), minute.turns(1), minute.turns(2)]).toEqual([0, 1, 0])
    expect(minute.judge(-1 / 4, 0, 1 / 4)).toBe(ACCEPTED)
    expect(minute.judge(-1 / 4, 1 / 4, 1 / 4)).toBe(THRASHING)
    expect([...minute.window.details.subarray(0, 3)]).toEqual([1, 2, 1])
  })
})

describe("a range wider than its limit", () => {
  const NARROW = { ...lax, rangePerMinute: 1 / 8 }
  const told = ({ window }: Minute): ReadonlyArray<number> => [...window.details.subarray(0, 3)]

  /** The knob in the middle has a quarter behind it, the others a sixteenth. */
  const wide = (policy: Partial<GuardrailNumbers>): Minute => {
    const minute = new Minute(policy, [0.5, 0.5, 0.5])
    for (const move of [1 / 8, 1 / 8]) expect(minute.move(1 / 32, move, -1 / 32)).toBe(ACCEPTED)
    return minute
  }

  it("under new limits holds its own knob in place, and no other", () => {
    const minute = wide({ rangePerMinute: 1 / 2 })
    minute.window.relimit(NARROW)
    expect(minute.judge(0, 0, 0)).toBe(ACCEPTED)
    for (const move of [-1 / 64, -1 / 8]) {
      expect(minute.judge(0, move, 0)).toBe(BUDGET_EXHAUSTED)
      expect(told(minute)).toEqual([1, 1 / 4, 1 / 8])
    }
    expect(minute.judge(0, 1 / 64, 0)).toBe(BUDGET_EXHAUSTED)
    expect(told(minute)).toEqual([1, 1 / 4 + 1 / 64, 1 / 8])
    expect(minute.band(1).map((end) => end + 0)).toEqual([0, 0])
    for (const other of [0, 2]) {
      const [down, up] = minute.band(other)
      expect(up - down).toBeCloseTo(3 / 16, 7)
    }
    expect(minute.move(1 / 32, 0, -1 / 32)).toBe(ACCEPTED)
    // A minute later the quarter lies further back.
    minute.now[0] = 64 * SECOND
    expect(minute.judge(0, -1 / 8, 0)).toBe(ACCEPTED)
    expect(minute.band(1)[0]).toBeCloseTo(-1 / 8, 7)
  })

  it("holds nothing if a coarse knob's neighbours are as far apart", () => {
    const minute = wide({ rangePerMinute: 1 / 2 })
    minute.reach[1] = 1 / 4
    minute.window.relimit(NARROW)
    expect(minute.judge(0, -1 / 4, 0)).toBe(ACCEPTED)
    expect(minute.band(1)[0]).toBeCloseTo(-1 / 4, 7)
    expect(minute.judge(0, 1 / 64, 0)).toBe(BUDGET_EXHAUSTED)
    expect(told(minute)).toEqual([1, 1 / 4 + 1 / 64, 1 / 4])
  })

  it("holds nothing under its original limits: only what widens it is refused", () => {
    const minute = new Minute({ rangePerMinute: 1 / 8 }, [0.5, 0.5, 0.5])
    minute.reach[1] = 1 / 4
    for (const move of [1 / 8, 1 / 8]) expect(minute.move(0, move, 0)).toBe(ACCEPTED)
    minute.reach[1] = 0
    expect(minute.judge(0, -1 / 64, 0)).toBe(ACCEPTED)
    expect(minute.judge(0, -1 / 4, 0)).toBe(ACCEPTED)
    expect(minute.judge(0, 1 / 64, 0)).toBe(BUDGET_EXHAUSTED)
    const [down, up] = minute.band(1)
    expect([down, up + 0]).toEqual([expect.closeTo(-1 / 4, 7), expect.closeTo(0, 7)])
  })

  it("exactly at its limit holds nothing", () => {
    const minute = wide({ rangePerMinute: 1 / 2 })
    minute.window.relimit({ ...lax, rangePerMinute: 1 / 4 })
    expect(minute.judge(0, -1 / 4, 0)).toBe(ACCEPTED)
    const [down, up] = minute.band(1)
    expect([down, up + 0]).toEqual([expect.closeTo(-1 / 4, 7), expect.closeTo(0, 7)])
    expect(minute.judge(0, 2 ** -40, 0)).toBe(BUDGET_EXHAUSTED)
  })

  it("after its reach has shrunk holds nothing if the new limits are not stricter", () => {
    for (const rangePerMinute of [1 / 8, 3 / 16]) {
      const minute = new Minute({ rangePerMinute: 1 / 8 }, [0.5, 0.5, 0.5])
      minute.reach[1] = 1 / 4
      for (const move of [1 / 8, 1 / 8]) expect(minute.move(0, move, 0)).toBe(ACCEPTED)
      minute.reach[1] = 0
      minute.window.relimit({ ...lax, rangePerMinute })
      for (const back of [-1 / 64, -1 / 4]) expect(minute.judge(0, back, 0)).toBe(ACCEPTED)
      expect(minute.band(1)[0]).toBeCloseTo(-1 / 4, 7)
    }
  })

  it("does not grow under wider limits, or under the same ones again", () => {
    const minute = wide({ rangePerMinute: 1 / 4 })
    for (const rangePerMinute of [1 / 4, 1 / 2]) {
      minute.window.relimit({ ...lax, rangePerMinute })
      expect(minute.judge(0, -1 / 4, 0)).toBe(ACCEPTED)
    }
    expect(minute.judge(0, 1 / 8, 0)).toBe(ACCEPTED)
  })
})
