/**
 * What a replica does with what it is told, in numbers: it holds every answer against its own knobs, and stands where the answer and the
 * lease allow. It trusts the owner with nothing that it can check: order, bounds, steps. An agent runs it.
 *
 * It never takes an older pair, a value outside its own bounds, or a probe further from its base than half a step. To a base that is
 * far off, because it was away, and to a candidate it walks by the step limit; a way back to the baseline is taken at once.
 */
import type { ParamSpace } from "../domain/ParamSpace.ts"
import type { Standing } from "./Lease.ts"
import { BEFORE_ALL, comparePairs, type Pair, samePair } from "./order.ts"
import type { Answer, Refusal, Role } from "./protocol.ts"

/** Rounding allowed on distances: values travel as decimal numbers. */
const ROUNDING = 1e-9

/** What an answer says about values. */
export type Told = Pick<Answer, "at" | "role" | "values" | "base" | "baseline">

/** What came of an answer. */
export type Heard = "taken" | Refusal

export class Follower {
  /** Counts what was put in force: another number, other values or another meaning of them. */
  generation = 0
  /** The newest pair that was taken. */
  seen: Pair = BEFORE_ALL
  /** The pair that is in force, as told. `BEFORE_ALL` while the replica is on its way there, or stands elsewhere for its own reasons. */
  confirmed: Pair = BEFORE_ALL
  role: Role = "base"
  /** Answers that were older than one taken before. */
  older = 0
  refused: Refusal | null = null
  /** What is in force, unit space. Read only. */
  readonly live: Float64Array
  private readonly space: ParamSpace
  private readonly maxStep: number
  private readonly told: Float64Array
  private readonly base: Float64Array
  private readonly baseline: Float64Array
  private standing: Standing = "fallen"
  /** The pair under which an emergency was measured here: it is not gone back to. */
  private left: Pair | null = null

  /** Stands on its own start until it is told otherwise. `maxStep`: the step limit of its own guardrails, unit space. */
  constructor(space: ParamSpace, maxStep: number) {
    this.space = space
    this.maxStep = maxStep
    this.live = space.initialUnit.slice()
    this.told = space.initialUnit.slice()
    this.base = space.initialUnit.slice()
    this.baseline = space.initialUnit.slice()
  }

  /** Takes an answer, or says why not; what is refused changes nothing but what is said of it. */
  take(answer: Told): Heard {
    const order = comparePairs(answer.at, this.seen)
    if (order < 0) {
      this.older++
      this.refused = "older"
      return "older"
    }
    const told = this.read(answer.values)
    const base = this.read(answer.base)
    const baseline = this.read(answer.baseline)
    const fault = firstWord(told, base, baseline) ?? this.judge(answer.role, told, base, baseline)
    this.refused = fault
    if (fault !== null) return fault
    this.told.set(told as Float64Array)
    this.base.set(base as Float64Array)
    this.baseline.set(baseline as Float64Array)
    this.role = answer.role
    this.seen = answer.at
    if (order > 0) this.left = null
    return "taken"
  }

  /** The answer was not about these knobs at all. */
  refuse(why: Refusal): void {
    this.refused = why
  }

  /** An emergency was measured here: the base at once, until there is something newer than the pair that led to it. */
  leave(): void {
    this.left = this.seen
    this.stand(this.standing)
  }

  /** Stands where the lease allows; called after every answer and whenever the standing may have changed. */
  stand(standing: Standing): void {
    this.standing = standing
    if (standing === "fallen") return this.go(this.baseline, BEFORE_ALL)
    const control = this.role === "control"
    // What is safer than the base is not left for it.
    if (standing === "holding" || this.left !== null) {
      // From the baseline nobody jumps to a base because an answer came too late.
      const home = control || !this.reaches(this.base) ? this.baseline : this.base
      return this.go(home, BEFORE_ALL)
    }
    const canary = this.role === "canary"
    const home = !canary && same(this.base, this.baseline)
    if (control || home || this.reaches(this.told)) return this.go(this.told, this.seen)
    this.walk(canary ? this.told : this.base)
  }

  private judge(
    role: Role,
    told: Float64Array | Refusal,
    base: Float64Array | Refusal,
    baseline: Float64Array | Refusal,
  ): Refusal | null {
    if (typeof told === "string" || typeof base === "string" || typeof baseline === "string") return "values"
    if (role === "control") return same(told, baseline) ? null : "step"
    if (role === "base") return same(told, base) ? null : "step"
    // Anywhere within the bounds of this replica; it walks there.
    if (role === "canary") return null
    const { table } = this.space
    for (let i = 0; i < table.size; i++) {
      const limit = Math.max(this.stepOf(i) / 2, table.neighbourSpan(i, base[i])) + ROUNDING
      if (Math.abs(table.difference(i, base[i], told[i])) > limit) return "step"
    }
    return null
  }

  /** Unit positions on the grid, or why these values are none of this replica's. */
  private read(values: Readonly<Record<string, number>>): Float64Array | Refusal {
    const { names, table } = this.space
    if (Object.keys(values).length !== names.length) return "values"
    const units = new Float64Array(names.length)
    for (let i = 0; i < names.length; i++) {
      const value = Object.hasOwn(values, names[i]) ? values[names[i]] : Number.NaN
      if (Number.isNaN(value)) return "values"
      if (!(value >= table.min[i] && value <= table.max[i])) return "outOfBounds"
      units[i] = table.snap(i, table.encode(i, value))
    }
    return units
  }

  private stepOf(i: number): number {
    const own = this.space.table.maxStep[i]
    return own > 0 && own < this.maxStep ? own : this.maxStep
  }

  /** The furthest that one move may carry a knob from where it stands. */
  private limitAt(i: number): number {
    return Math.max(this.stepOf(i), this.space.table.neighbourSpan(i, this.live[i])) + ROUNDING
  }

  private reaches(target: Float64Array): boolean {
    const { table } = this.space
    for (let i = 0; i < table.size; i++)
      if (Math.abs(table.difference(i, this.live[i], target[i])) > this.limitAt(i)) return false
    return true
  }

  /** One move towards the base, or a canary's to its candidate. */
  private walk(to: Float64Array): void {
    const { table } = this.space
    const next = Float64Array.from(this.live, (at, i) => {
      const way = table.difference(i, at, to[i])
      const limit = this.limitAt(i)
      if (Math.abs(way) <= limit) return to[i]
      const step =
        table.step[i] === 0 ? Math.sign(way) * limit : table.gridOffset(i, at, Math.sign(way) * limit)
      return table.snap(i, table.contain(i, at + step))
    })
    this.go(next, BEFORE_ALL)
  }

  private go(units: Float64Array, confirmed: Pair): void {
    if (same(units, this.live) && samePair(confirmed, this.confirmed)) return
    this.live.set(units)
    this.confirmed = confirmed
    this.generation++
  }
}

const firstWord = (...read: ReadonlyArray<Float64Array | Refusal>): Refusal | null =>
  read.find((one): one is Refusal => typeof one === "string") ?? null

function same(a: Float64Array | Refusal, b: Float64Array | Refusal): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
