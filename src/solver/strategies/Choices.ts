/**
 * Choices with numbers: which combination of choices is best cannot be told before its numbers fit, so a combination is
 * judged by what a search over its numbers alone came to. Few combinations: each gets a look, then the worse half is
 * dropped and the others get another one, until one is left, which has the rest. Many: TPE finds those worth a look, and
 * the best one after that has the rest. The larger the budget, the longer each look, or the more of them.
 *
 * Source for halving: Karnin, Koren and Somekh, "Almost optimal exploration in multi-armed bandits" (2013).
 */
import { classify } from "../classify.ts"
import { Readings } from "../Readings.ts"
import { SearchSpace } from "../SearchSpace.ts"
import type { Strategy, StrategyContext } from "../Strategy.ts"
import { Tpe } from "./Tpe.ts"

/** Share of what is left that the looks take together. */
const LOOKS = 0.8
/** There are few combinations where this share of what is left is enough for a stencil in each, and so many readings more. */
const FEW = 0.5
const MORE = 2
/** Share of what is left that TPE takes where there are many; then each look is so many readings longer than 2 d. */
const CHOOSING = 0.3
const BEYOND = 3
/** Combinations that get a look, at most: each holds models of its own. */
const MOST_ARMS = 32

/** A search over the numbers of one combination of choices. */
interface Arm {
  /** A point with these choices. */
  readonly choices: Float64Array
  readonly context: StrategyContext
  readonly strategy: Strategy
  spent: number
  pending: number
  /** Readings after which the landscape of these numbers is classified; Infinity when that is done. */
  classifyAt: number
}

export class Choices implements Strategy {
  private readonly context: StrategyContext
  private readonly make: (context: StrategyContext) => Strategy
  private readonly tpe: Tpe
  /** Dimensions that are numbers, and the space they make. */
  private readonly numbers: Int32Array
  private readonly subspace: SearchSpace
  /** Evaluations that TPE has before the looks begin. */
  private readonly choosing: number
  private chosen = 0
  private last: Strategy
  /** All combinations that get a look, and those still in the running. */
  private readonly arms = new Map<string, Arm>()
  private running: ReadonlyArray<Arm> = []
  private readonly owners = new Map<number, Arm>()
  private readonly failed: Array<Float64Array> = []
  /** Evaluations each may have spent before the next of them are dropped; how many are dropped then. */
  private allowance = 0
  private look = 0
  private oneLook = false
  private readonly unit: Float64Array
  private readonly part: Float64Array

  /** @param make the search over the numbers of a combination; its space has no choices */
  constructor(context: StrategyContext, make: (context: StrategyContext) => Strategy) {
    const { space } = context
    this.context = context
    this.make = make
    this.tpe = new Tpe(context)
    this.last = this.tpe
    this.numbers = Int32Array.from([...space.choices.keys()].filter((i) => space.choices[i] === 0))
    this.subspace = new SearchSpace(
      Object.fromEntries(Array.from(this.numbers, (i) => [space.names[i], space.dimensions[i]])),
    )
    this.unit = new Float64Array(space.size)
    this.part = new Float64Array(this.numbers.length)
    const d = this.numbers.length
    const left = context.remaining()
    const combinations = space.choices.reduce((product, count) => product * Math.max(1, count), 1)
    const few = combinations <= MOST_ARMS && combinations * (2 * d + 1 + MORE) <= FEW * left
    this.choosing = d === 0 ? Number.POSITIVE_INFINITY : few ? 0 : CHOOSING * left
    if (d > 0 && few) this.begin(this.everyCombination())
  }

  get move(): string {
    return this.last.move
  }

  ask(id: number, out: Float64Array): boolean {
    if (this.running.length === 0 && this.chosen >= this.choosing) this.beginWithBest()
    if (this.running.length > 0) {
      this.drop()
      let waits = false
      for (const arm of this.running) {
        if ((this.running.length === 1 || arm.spent < this.allowance) && this.askArm(arm, id, out))
          return true
        waits ||= arm.pending > 0
      }
      if (waits) return false
    }
    this.chosen++
    this.last = this.tpe
    return this.tpe.ask(id, out)
  }

  wantsAnswer(): boolean {
    return this.running.length === 0 ? this.tpe.wantsAnswer() : (this.last.wantsAnswer?.() ?? false)
  }

  tell(id: number, index: number): void {
    const { readings } = this.context
    this.tpe.tell(id, index)
    readings.read(index, this.unit)
    const arm = this.release(id) ?? this.arms.get(this.keyOf(this.unit))
    if (arm === undefined) return
    const own = arm.context.readings
    this.restrict(this.unit)
    arm.strategy.tell(id, own.add(id, this.part, readings.losses[index]))
    if (own.count >= arm.classifyAt) this.classify(arm)
  }

  fail(id: number, unit: Float64Array): void {
    this.tpe.fail(id, unit)
    this.failed.push(unit.slice())
    const arm = this.release(id) ?? this.arms.get(this.keyOf(unit))
    if (arm === undefined) return
    this.restrict(unit)
    arm.strategy.fail(id, this.part)
  }

  private askArm(arm: Arm, id: number, out: Float64Array): boolean {
    if (!arm.strategy.ask(id, this.part)) return false
    out.set(arm.choices)
    for (let k = 0; k < this.numbers.length; k++) out[this.numbers[k]] = this.part[k]
    arm.spent++
    arm.pending++
    this.owners.set(id, arm)
    this.last = arm.strategy
    return true
  }

  private release(id: number): Arm | undefined {
    const arm = this.owners.get(id)
    if (arm === undefined) return undefined
    this.owners.delete(id)
    arm.pending--
    return arm
  }

  private classify(arm: Arm): void {
    arm.classifyAt = Number.POSITIVE_INFINITY
    const { space, noise, readings } = arm.context
    arm.strategy.classified?.(classify(readings, space, noise, arm.strategy.evidence?.() ?? null))
  }

  /** Drops the worse half, or all but one, once everybody has had this look and every answer is in. */
  private drop(): void {
    while (
      this.running.length > 1 &&
      this.running.every((arm) => arm.spent >= this.allowance && arm.pending === 0)
    ) {
      const before = this.running.length
      const kept = this.oneLook ? 1 : Math.ceil(before / 2)
      this.running = this.running.toSorted((a, b) => lowest(a) - lowest(b)).slice(0, kept)
      this.allowance += Math.floor((this.look * before) / kept)
    }
  }

  private begin(combinations: ReadonlyArray<Float64Array>): void {
    const arms = combinations.map((choices) => this.armOf(choices))
    for (const arm of arms) this.arms.set(this.keyOf(arm.choices), arm)
    const rounds = this.oneLook ? 1 : Math.max(1, Math.ceil(Math.log2(arms.length)))
    this.look = Math.max(1, Math.floor((LOOKS * this.context.remaining()) / rounds / arms.length))
    this.allowance = this.look
    this.running = arms
  }

  private beginWithBest(): void {
    const least = 2 * this.numbers.length + BEYOND
    const count = Math.max(1, Math.min(MOST_ARMS, Math.floor((LOOKS * this.context.remaining()) / least)))
    this.oneLook = true
    this.begin(this.bestCombinations(count))
  }

  private armOf(choices: Float64Array): Arm {
    const { context, subspace, unit } = this
    const readings = new Readings(subspace.size)
    const key = this.keyOf(choices)
    for (let r = 0; r < context.readings.count; r++) {
      context.readings.read(r, unit)
      if (this.keyOf(unit) !== key) continue
      this.restrict(unit)
      readings.add(context.readings.ids[r], this.part, context.readings.losses[r])
    }
    const own: StrategyContext = { ...context, space: subspace, readings }
    const strategy = this.make(own)
    for (const point of this.failed) {
      if (this.keyOf(point) !== key) continue
      this.restrict(point)
      strategy.fail(-1, this.part)
    }
    const d = subspace.size
    const classifyAt = readings.count + 2 * d + 1 + Math.max(8, d)
    return { choices, context: own, strategy, spent: 0, pending: 0, classifyAt }
  }

  private everyCombination(): ReadonlyArray<Float64Array> {
    const { choices, size } = this.context.space
    let all = [new Float64Array(size)]
    for (let i = 0; i < size; i++) {
      const count = choices[i]
      if (count > 0)
        all = all.flatMap((point) =>
          Array.from({ length: count }, (_, c) => point.with(i, (c + 0.5) / count)),
        )
    }
    return all
  }

  /** The combinations with the lowest readings; any there is while nothing was read. */
  private bestCombinations(count: number): ReadonlyArray<Float64Array> {
    const { readings, space } = this.context
    const best = new Map<string, number>()
    for (let r = 0; r < readings.count; r++) {
      readings.read(r, this.unit)
      const key = this.keyOf(this.unit)
      const before = best.get(key)
      if (before === undefined || readings.losses[r] < readings.losses[before]) best.set(key, r)
    }
    const order = [...best.values()].sort((a, b) => readings.losses[a] - readings.losses[b])
    if (order.length === 0) return [new Float64Array(space.size)]
    return order.slice(0, count).map((r) => readings.units.slice(r * space.size, (r + 1) * space.size))
  }

  /** Writes the numbers of a point to `part`. */
  private restrict(unit: Float64Array): void {
    for (let k = 0; k < this.numbers.length; k++) this.part[k] = unit[this.numbers[k]]
  }

  private keyOf(unit: Float64Array): string {
    const { space } = this.context
    let key = ""
    for (let i = 0; i < space.size; i++) {
      if (space.choices[i] > 0) key += `${space.choiceIndex(i, unit[i])},`
    }
    return key
  }
}

function lowest(arm: Arm): number {
  const { readings } = arm.context
  return readings.lowest < 0 ? Number.POSITIVE_INFINITY : readings.losses[readings.lowest]
}
