/**
 * Invariants 2, 3, 4, 6, 7, 8, 11, 12 and 15 of the design over adversarial sequences of calls: a proposer that asks for
 * anything, a clock that jumps, safety actions at any moment. A plain model with the full history says what may happen.
 */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { RECORD_KIND, RECORD_SEQUENCE } from "../../src/hot/AuditRing.ts"
import { ACCEPTED, AUDIT_QUEUE_FULL, MINUS, NOT_TRIPPED, PLUS, UPDATE } from "../../src/hot/codes.ts"
import type { GuardrailNumbers } from "../../src/hot/Guardrails.ts"
import { MAX_TIME_US } from "../../src/hot/RateWindow.ts"
import { balanced, bits, drained, everyShape, makeRig, type Rig } from "./rig.ts"

const SECOND = 1e6
const MINUTE = 60 * SECOND
const n = everyShape.length

type Command =
  | {
      readonly type: "apply"
      readonly kind: number
      readonly targets: ReadonlyArray<Target>
      readonly generation: number
      readonly length: number
      readonly us: number
    }
  | { readonly type: "rollback" | "return" | "baseline" | "close" | "drain" | "earn"; readonly us: number }
  | { readonly type: "open"; readonly trip: number; readonly us: number }
  | { readonly type: "regressions"; readonly count: number; readonly us: number }
  | { readonly type: "margin"; readonly margin: number; readonly us: number }
  | { readonly type: "policy"; readonly to: GuardrailNumbers; readonly us: number }

/** A target as an absolute number, as an offset from the base in shares of the step, or as an end of the band. */
type Target = { readonly absolute: number } | { readonly share: number } | { readonly end: 0 | 1 }

const wild = fc.oneof(
  fc.double(),
  fc.constantFrom(
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    -0,
    1.0000001,
    -1e-300,
    1e300,
  ),
)
const share = fc.double({ min: -1, max: 1, noNaN: true }).map((value): Target => ({ share: value }))
const gentle = fc.array(share, { minLength: n, maxLength: n })
const greedy = fc.array(fc.constantFrom<Target>({ end: 0 }, { end: 1 }), { minLength: n, maxLength: n })
const hostile = fc.array(
  fc.oneof(
    wild.map((absolute): Target => ({ absolute })),
    share,
  ),
  { minLength: n, maxLength: n },
)

/** Mostly forwards, sometimes backwards, sometimes no time at all. */
const passing = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 2 * SECOND }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 90 * SECOND }) },
  { weight: 1, arbitrary: fc.integer({ min: -MINUTE, max: -1 }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
)
const apply = fc.record({
  type: fc.constant("apply" as const),
  kind: fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(PLUS, MINUS, UPDATE, UPDATE) },
    fc.constantFrom(-1, 3, 4, 7),
  ),
  targets: fc.oneof({ weight: 6, arbitrary: gentle }, { weight: 3, arbitrary: greedy }, hostile),
  generation: fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, fc.constantFrom(-1, 1, Number.NaN)),
  length: fc.oneof({ weight: 20, arbitrary: fc.constant(n) }, fc.constantFrom(0, n - 1, n + 1, Number.NaN)),
  us: passing,
})
const interruption: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    type: fc.constantFrom("rollback" as const, "return" as const, "baseline" as const),
    us: passing,
  }),
  fc.record({ type: fc.constant("open" as const), trip: fc.integer({ min: 1, max: 9 }), us: passing }),
  fc.record({
    type: fc.constant("regressions" as const),
    count: fc.integer({ min: 0, max: 7 }),
    us: passing,
  }),
  fc.record({ type: fc.constant("margin" as const), margin: wild, us: passing }),
)
/** Whoever proposes may claim at any time that the level falls. */
const claim: fc.Arbitrary<Command> = fc.record({ type: fc.constant("earn" as const), us: passing })
const relief: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant("close" as const), us: passing }) },
  fc.record({ type: fc.constant("drain" as const), us: passing }),
  fc.record({ type: fc.constant("regressions" as const), count: fc.constant(0), us: passing }),
)
/**
 * A proposer that wants more than it can get: it runs one way for a while, then the other, the whole step each time or to
 * the end of the band, a second or so apart. This is what presses against the budgets. Few knobs at a time, or one that is
 * refused would shield the others.
 */
const pressing = fc
  .record({
    moving: fc.integer({ min: 0, max: n - 1 }),
    run: fc.array(fc.constantFrom(1, 1, 1, 1, -1, -1), { minLength: 1, maxLength: 12 }),
    flip: fc.boolean(),
    reach: fc.constantFrom(1, 1, 0.99, 0.6),
    toTheEnd: fc.boolean(),
    gap: fc.integer({ min: 100_000, max: 2 * SECOND }),
  })
  .map(({ moving, run, flip, reach, toTheEnd, gap }) =>
    run.map((way): Command => {
      const sign = flip ? -way : way
      const push: Target = toTheEnd ? { end: sign > 0 ? 1 : 0 } : { share: sign * reach }
      const targets = everyShape.map((_, i): Target => (i === moving ? push : { share: 0 }))
      return { type: "apply", kind: UPDATE, targets, generation: 0, length: n, us: gap }
    }),
  )
const cycling = fc.record({
  type: fc.constant("apply" as const),
  kind: fc.constantFrom(PLUS, MINUS, UPDATE),
  targets: fc.oneof(gentle, greedy),
  generation: fc.constant(0),
  length: fc.constant(n),
  us: fc.integer({ min: 0, max: 3 * SECOND }),
})
const tuning = fc
  .array(
    fc.oneof(
      { weight: 20, arbitrary: pressing },
      { weight: 20, arbitrary: cycling.map((one) => [one]) },
      { weight: 1, arbitrary: interruption.map((one) => [one]) },
      { weight: 2, arbitrary: claim.map((one) => [one]) },
      { weight: 3, arbitrary: relief.map((one) => [one]) },
    ),
    { minLength: 20, maxLength: 50 },
  )
  .map((parts) => parts.flat())
const chaos = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: apply },
    { weight: 1, arbitrary: interruption },
    { weight: 1, arbitrary: claim },
    { weight: 2, arbitrary: relief },
  ),
  { minLength: 1, maxLength: 120 },
)
const commands = fc.oneof(tuning, chaos)

const aggressive: GuardrailNumbers = {
  ...balanced,
  maxStep: 0.2,
  appliesPerSecond: 20,
  minIntervalUs: 50_000,
  turnsPerMinute: 5,
  rangePerMinute: 1,
  pathPerMinute: 5,
  cooldownUs: 10 * SECOND,
}
const conservative: GuardrailNumbers = {
  ...balanced,
  maxStep: 0.05,
  appliesPerSecond: 2,
  minIntervalUs: 500_000,
  turnsPerMinute: 2,
  rangePerMinute: 0.25,
  pathPerMinute: 1.25,
  cooldownUs: 60 * SECOND,
}

/** Numbers of somebody's own, and those that lift or close everything. */
const own = fc.record({
  ...Object.fromEntries(Object.entries(balanced).map(([name, value]) => [name, fc.constant(value)])),
  maxStep: fc.double({ min: 0.01, max: 0.5, noNaN: true }),
  rangePerMinute: fc.constantFrom(0.05, 0.3, 1),
  pathPerMinute: fc.constantFrom(0.05, 0.4, 3, Number.POSITIVE_INFINITY),
  turnsPerMinute: fc.constantFrom(0, 1, 4, Number.POSITIVE_INFINITY),
  appliesPerSecond: fc.constantFrom(1, 3, 50),
}) as fc.Arbitrary<GuardrailNumbers>
const change: fc.Arbitrary<Command> = fc.record({
  type: fc.constant("policy" as const),
  to: fc.oneof(fc.constantFrom(conservative, balanced, aggressive), own),
  us: passing,
})

interface Move {
  readonly at: number
  /** Unwrapped positions after it. */
  readonly positions: ReadonlyArray<number>
  /** What counted as a retrace for each knob, at the base before it. */
  readonly lims: ReadonlyArray<number>
}

/** The history of one run, kept whole. */
class Witness {
  now = 0
  readonly applied: Array<number> = []
  cooldownUntil = Number.NEGATIVE_INFINITY
  lastWrite = Number.NEGATIVE_INFINITY
  regressions = 0
  margin = Number.NaN
  baseline: BigUint64Array | null = null
  decisions = 0
  /** Base updates since the last rollback, the first entry being where it started. */
  moves: Array<Move>
  readonly rig: Rig
  /** What is in force now. */
  policy: GuardrailNumbers
  inForce: GuardrailNumbers
  lastRollback: number | null = null
  /** Updates that may still use twice the range and the turns. */
  earned = 0
  /** Widest neighbour distance each base has had: what a coarse knob may always do. */
  readonly widest = new Float64Array(n)

  constructor(rig: Rig, policy: GuardrailNumbers) {
    this.rig = rig
    this.policy = policy
    this.inForce = rig.executor.policy
    this.moves = []
    this.startAnew()
  }

  /** Base updates are counted from where the base stands. */
  startAnew(): void {
    this.earned = 0
    this.moves = [{ at: Number.NEGATIVE_INFINITY, positions: [...this.rig.executor.base], lims: [] }]
    this.widen()
  }

  /** Takes in an update that has just been accepted. */
  move(was: Float64Array): void {
    const { table, executor } = this.rig
    const last = this.moves[this.moves.length - 1].positions
    this.moves.push({
      at: this.now,
      // Where the base is, on a circle so many laps on that the way there was the short one.
      positions: last.map((p, i) => {
        const base = executor.base[i]
        return base + Math.round(p + table.difference(i, was[i], base) - base)
      }),
      // The slack that Tier 1 gives a coarse knob, so that its neighbours stay reachable.
      lims: last.map((_, i) => Math.max(this.policy.maxStep, table.neighbourSpan(i, was[i]) + 2e-9)),
    })
    this.widen()
  }

  widen(): void {
    const { table, executor } = this.rig
    for (let i = 0; i < n; i++)
      this.widest[i] = Math.max(this.widest[i], table.neighbourSpan(i, executor.base[i]))
  }

  /** Another policy is in force, and nothing is forgotten. */
  put(policy: GuardrailNumbers, returned: boolean): void {
    this.policy = policy
    this.earned = 0
    this.inForce = this.rig.executor.policy
    this.lastWrite = this.now
    if (returned) this.margin = Number.NaN
    if (this.lastRollback === null) return
    this.cooldownUntil = Math.max(this.cooldownUntil, this.lastRollback + policy.cooldownUs)
  }

  /** The time the executor must take `now + us` for. */
  pass(us: number): number {
    const given = this.now + us
    if (given >= this.now && given <= MAX_TIME_US) this.now = given
    return given
  }

  expectBudgetsKept(): void {
    const { pathPerMinute } = this.policy
    const more = this.earned > 0 ? 2 : 1
    const rangePerMinute = more * this.policy.rangePerMinute
    const turnsPerMinute = more * this.policy.turnsPerMinute
    if (this.earned > 0) this.earned--
    const from = this.now - MINUTE
    const [before, last] = this.moves.slice(-2)
    for (let i = 0; i < n; i++) {
      // A knob that stays where it is breaks nothing, whatever it has behind it under other numbers.
      if (last.positions[i] === before.positions[i]) continue
      const held = this.moves.filter((_, k) => (this.moves[k + 1]?.at ?? Number.POSITIVE_INFINITY) > from)
      const places = held.map((move) => move.positions[i])
      const range = Math.max(...places) - Math.min(...places)
      expect(range).toBeLessThanOrEqual(Math.max(rangePerMinute, this.widest[i]) + 1e-8)
      let path = 0
      for (let k = 1; k < this.moves.length; k++) {
        if (this.moves[k].at > from)
          path += Math.abs(this.moves[k].positions[i] - this.moves[k - 1].positions[i])
      }
      expect(path).toBeLessThanOrEqual(pathPerMinute + 1e-9)
      const turns = turnsIn(this.moves, i, from)
      // Spent turns are no reason to stand still: there is just no further one.
      if (turns > turnsIn(this.moves.slice(0, -1), i, from)) expect(turns).toBeLessThanOrEqual(turnsPerMinute)
    }
  }
}

/** Turns after `from` of knob i: retraces of more than the limit from the running extreme, the first leg aside. */
function turnsIn(moves: ReadonlyArray<Move>, i: number, from: number): number {
  let direction = 0
  let high = moves[0].positions[i]
  let low = high
  let before = high
  let turns = 0
  for (const { at, positions, lims } of moves.slice(1)) {
    const p = positions[i]
    const lim = lims[i]
    const back = direction > 0 ? p < before && high - p > lim : direction < 0 && p > before && p - low > lim
    before = p
    high = Math.max(high, p)
    low = Math.min(low, p)
    if (back) {
      if (at > from) turns++
      direction = -direction
      high = low = p
    } else if (direction === 0) {
      if (p - low > lim) direction = 1
      else if (high - p > lim) direction = -1
      if (direction !== 0) high = low = p
    }
  }
  return turns
}

const snapshotOf = (rig: Rig) => {
  const values = new Float64Array(n)
  rig.config.readValues(values)
  return {
    units: bits(rig.live()),
    values: bits(values),
    base: bits(rig.executor.base),
    generation: rig.config.generation,
    baseline: rig.config.baselineGeneration,
  }
}

const expectInBounds = (rig: Rig): void => {
  for (let i = 0; i < n; i++) {
    const value = rig.config.value(i)
    const { min, max, step } = everyShape[i]
    expect(value >= min && value <= max).toBe(true)
    if (step > 0) expect(Number.isInteger((value - min) / step)).toBe(true)
    expect(value).toBe(rig.table.decode(i, rig.config.unit(i)))
  }
}

/** What must hold of an accepted apply, recomputed from the whole history. */
const expectEveryGuardrail = (
  witness: Witness,
  before: ReturnType<typeof snapshotOf>,
  kind: number,
  generation: number,
): void => {
  const { rig, policy, now } = witness
  expect(Atomics.load(rig.executor.latch, 0)).toBe(NOT_TRIPPED)
  expect(generation).toBe(before.generation)
  expect(now).toBeGreaterThanOrEqual(witness.cooldownUntil)
  expect(now - witness.lastWrite).toBeGreaterThanOrEqual(policy.minIntervalUs)
  expect(witness.applied.filter((at) => at > now - SECOND).length).toBeLessThan(policy.appliesPerSecond)
  expect(witness.margin < policy.emergencyMargin).toBe(false)
  if (kind === UPDATE) expect(witness.regressions).toBeLessThan(policy.regressionsToTrip)
  const live = rig.live()
  const lived = new Float64Array(before.units.buffer)
  const base = new Float64Array(before.base.buffer)
  for (let i = 0; i < n; i++) {
    const step = Math.max(policy.maxStep, rig.table.neighbourSpan(i, base[i])) + 3e-9
    expect(Math.abs(rig.table.difference(i, lived[i], live[i]))).toBeLessThanOrEqual(step)
    expect(Math.abs(rig.table.difference(i, base[i], live[i]))).toBeLessThanOrEqual(step)
  }
}

const run = (first: GuardrailNumbers, list: ReadonlyArray<Command>, auditCapacity: number): number => {
  const rig = makeRig(everyShape, first, [0.5, 0.1, 0.95, 0.5, 0.13, 0.98], auditCapacity)
  const { executor, config, audit } = rig
  const witness = new Witness(rig, first)
  const band = new Float64Array(2 * n)
  let records = 0
  let accepted = 0
  const drain = (): void => {
    for (const record of drained(audit)) {
      records++
      expect(record[RECORD_SEQUENCE]).toBe(records)
      expect(Number.isInteger(record[RECORD_KIND])).toBe(true)
    }
  }
  for (const one of list) {
    const us = witness.pass(one.us)
    executor.proposal[0] = us
    executor.band(band)
    const before = snapshotOf(rig)
    const latch = Atomics.load(executor.latch, 0)
    switch (one.type) {
      case "apply": {
        const targets = one.targets.map((target, i) => {
          if ("absolute" in target) return target.absolute
          const offset =
            "end" in target
              ? Math.max(-0.2, Math.min(0.2, band[2 * i + target.end]))
              : target.share * witness.policy.maxStep
          return rig.table.contain(i, executor.base[i] + offset)
        })
        const generation = config.generation + one.generation
        const status = rig.ask(one.kind, us, targets, { generation, length: one.length })
        if (status !== AUDIT_QUEUE_FULL && (status !== ACCEPTED || latch === NOT_TRIPPED)) witness.decisions++
        if (status === ACCEPTED) {
          accepted++
          expect(latch).toBe(NOT_TRIPPED)
          expect(config.generation).toBe(before.generation + 1)
          expectEveryGuardrail(witness, before, one.kind, generation)
          witness.applied.push(witness.now)
          witness.lastWrite = witness.now
          if (one.kind === UPDATE) {
            witness.move(new Float64Array(before.base.buffer))
            witness.expectBudgetsKept()
          } else expect(bits(executor.base)).toEqual(before.base)
        } else expect(snapshotOf(rig)).toEqual(before)
        break
      }
      case "rollback": {
        const status = executor.rollback()
        witness.decisions++
        expect(status === ACCEPTED).toBe(witness.baseline !== null)
        if (status !== ACCEPTED) {
          expect(snapshotOf(rig)).toEqual(before)
          break
        }
        expect(bits(rig.live())).toEqual(witness.baseline)
        expect(bits(executor.base)).toEqual(witness.baseline)
        expect(config.generation).toBe(before.generation + 1)
        witness.cooldownUntil = witness.now + witness.policy.cooldownUs
        witness.lastRollback = witness.now
        witness.lastWrite = witness.now
        witness.regressions = 0
        witness.margin = Number.NaN
        witness.startAnew()
        break
      }
      case "return":
        expect(executor.returnToBase()).toBe(ACCEPTED)
        witness.decisions++
        expect(bits(rig.live())).toEqual(before.base)
        expect(config.generation).toBe(before.generation + 1)
        witness.lastWrite = witness.now
        witness.margin = Number.NaN
        break
      case "baseline":
        executor.setBaseline()
        witness.decisions++
        witness.baseline = bits(executor.base)
        expect(snapshotOf(rig).units).toEqual(before.units)
        break
      case "open":
        executor.openLatch(one.trip)
        if (latch !== one.trip) witness.decisions++
        break
      case "close":
        executor.closeLatch()
        if (latch !== NOT_TRIPPED) {
          witness.decisions++
          witness.regressions = 0
          witness.margin = Number.NaN
        }
        break
      case "regressions":
        executor.noteRegressions(one.count)
        witness.regressions = one.count
        break
      case "margin":
        executor.noteMargin(Float64Array.of(one.margin), 0)
        witness.margin = one.margin
        break
      case "drain":
        drain()
        break
      case "earn": {
        const { full } = audit
        executor.earn()
        expect(snapshotOf(rig)).toEqual(before)
        // What cannot be recorded is not earned, and nothing is in SafeMode.
        if (full || executor.latch[0] !== NOT_TRIPPED) break
        witness.decisions++
        witness.earned = 5
        break
      }
      case "policy": {
        const perturbed = before.units.some((unit, i) => unit !== before.base[i])
        if (executor.setGuardrails(one.to) === AUDIT_QUEUE_FULL) {
          expect(snapshotOf(rig)).toEqual(before)
          expect(executor.policy).toBe(witness.inForce)
          break
        }
        witness.decisions += perturbed ? 2 : 1
        expect(bits(rig.live())).toEqual(before.base)
        expect(bits(executor.base)).toEqual(before.base)
        expect(config.generation).toBe(before.generation + (perturbed ? 1 : 0))
        expect(Atomics.load(executor.latch, 0)).toBe(latch)
        witness.put(one.to, perturbed)
        break
      }
    }
    expectInBounds(rig)
    expect(executor.nowUs).toBe(witness.now)
  }
  drain()
  // Every decision is in the audit exactly once, or counted where it found no place.
  expect(records + audit.dropped).toBe(witness.decisions)
  return accepted
}

describe("Tier 1 under a hostile proposer", () => {
  for (const [name, policy] of Object.entries({ conservative, balanced, aggressive })) {
    it(`keeps every invariant with the ${name} numbers`, () => {
      let accepted = 0
      fc.assert(
        fc.property(commands, (list) => {
          accepted += run(policy, list, 4096)
        }),
        // Shrinking a hundred commands takes minutes; the seed is enough to look closer.
        { numRuns: 60, endOnFailure: true },
      )
      expect(accepted).toBeGreaterThan(1000)
    })
  }

  it("keeps those of the policy in force, whatever policies came before", () => {
    const changed = fc
      .tuple(commands, fc.array(fc.tuple(fc.nat(), change), { minLength: 1, maxLength: 8 }))
      .map(([list, changes]) =>
        changes.reduce<ReadonlyArray<Command>>(
          (all, [place, one]) => all.toSpliced(place % (all.length + 1), 0, one),
          list,
        ),
      )
    let accepted = 0
    fc.assert(
      fc.property(changed, fc.constantFrom(4096, 4096, 4096, 16), (list, capacity) => {
        accepted += run(balanced, list, capacity)
      }),
      { numRuns: 80, endOnFailure: true },
    )
    expect(accepted).toBeGreaterThan(1000)
  })

  it("keeps them while the audit is nearly always full, and counts everything dropped", () => {
    fc.assert(
      fc.property(commands, (list) => {
        run(balanced, list, 16)
      }),
      { numRuns: 60, endOnFailure: true },
    )
  })
})
