/**
 * Choices with numbers: which combination of choices is best cannot be told before its numbers fit. A Gaussian process over
 * both takes the first part: what one combination teaches it knows of the others too. Before half of the budget is gone every
 * value of every choice has been tried at the incumbent, with numbers that fit. Then a search over the numbers of the best
 * combination has two asks of three, and what the process expects of other combinations the third; where another one turns
 * out better, the search goes on there.
 *
 * A larger budget allows more certainty where combinations are few: each gets a look, a search over its numbers alone; the
 * worse half is dropped and the others get another look, until one is left, which has the rest.
 *
 * Source for halving: Karnin, Koren and Somekh, "Almost optimal exploration in multi-armed bandits" (2013).
 */
import { classify } from "../classify.ts"
import { Readings } from "../Readings.ts"
import { SearchSpace } from "../SearchSpace.ts"
import type { Strategy, StrategyContext } from "../Strategy.ts"
import { Challengers } from "./Challengers.ts"
import { GaussianSearch, MOST_READINGS } from "./GaussianSearch.ts"
import { Tpe } from "./Tpe.ts"

/** Share of what is left that the looks take together. */
const LOOKS = 0.8
/** There are few combinations where this share of what is left is enough for a stencil in each, and so many readings more. */
const FEW = 0.3
const MORE = 2
/** Share of what is left that the process takes where there are many; from then on it has one ask of so many. */
const CHOOSING = 0.35
const TURNS = 2
/** Every value has been tried at the incumbent when this share of the budget is left. */
const LAST = 0.5
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
  private readonly process: GaussianSearch
  /** Takes the place of the process when that has had its share: its asks do not cost more in longer runs. */
  private readonly densities: Tpe
  private readonly challengers: Challengers
  /** Dimensions that are numbers, and the space they make. */
  private readonly numbers: Int32Array
  private readonly subspace: SearchSpace
  /** Asks that the process has before the search over numbers begins, and those it had. */
  private readonly choosing: number
  private chosen = 0
  private turn = 0
  move = "uniform"
  private last: Strategy
  /** All combinations that get a look, and those still in the running. */
  private readonly arms = new Map<string, Arm>()
  private running: ReadonlyArray<Arm> = []
  private readonly owners = new Map<number, Arm>()
  private readonly failed: Array<Float64Array> = []
  /** Evaluations each may have spent before the next of them are dropped; how many are dropped then. */
  private allowance = 0
  private look = 0
  private readonly unit: Float64Array
  private readonly part: Float64Array

  /** @param make the search over the numbers of a combination; its space has no choices */
  constructor(context: StrategyContext, make: (context: StrategyContext) => Strategy) {
    const { space } = context
    this.context = context
    this.make = make
    this.process = new GaussianSearch(context)
    this.densities = new Tpe(context)
    this.challengers = new Challengers(context)
    this.last = this.process
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

  ask(id: number, out: Float64Array): boolean {
    if (this.running.length > 0) return this.askRunning(id, out)
    if (this.challenge(id, out)) return true
    if (this.chosen < this.choosing || this.context.readings.lowest < 0) return this.askChooser(id, out)
    const arm = this.leader()
    const elsewhere = this.turn % TURNS === TURNS - 1 && this.askElsewhere(id, out, arm)
    // What is refused must change nothing: a run is repeated by what was given.
    if (!elsewhere && !this.askArm(arm, id, out)) return false
    this.turn++
    return true
  }

  /** A worker that would be idle looks at other combinations. */
  spare(id: number, out: Float64Array): boolean {
    const { lowest } = this.context.readings
    if (lowest < 0 || this.numbers.length === 0) return false
    return this.askElsewhere(id, out, this.leader())
  }

  wantsAnswer(): boolean {
    return this.last.wantsAnswer?.() ?? false
  }

  tell(id: number, index: number): void {
    const { readings } = this.context
    this.process.tell(id, index)
    this.densities.tell(id, index)
    readings.read(index, this.unit)
    const arm = this.release(id) ?? this.arms.get(this.keyOf(this.unit))
    if (arm === undefined) return
    const own = arm.context.readings
    this.restrict(this.unit)
    arm.strategy.tell(id, own.add(id, this.part, readings.losses[index]))
    if (own.count >= arm.classifyAt) this.classify(arm)
  }

  fail(id: number, unit: Float64Array): void {
    this.process.fail(id, unit)
    this.densities.fail(id, unit)
    this.failed.push(unit.slice())
    const arm = this.release(id) ?? this.arms.get(this.keyOf(unit))
    if (arm === undefined) return
    this.restrict(unit)
    arm.strategy.fail(id, this.part)
  }

  reach(): ReadonlyArray<number> | null {
    return this.last.reach?.() ?? null
  }

  /** Where looks are taken: whoever is still in the running and has part of this look left. */
  private askRunning(id: number, out: Float64Array): boolean {
    this.drop()
    for (const arm of this.running) {
      if ((this.running.length === 1 || arm.spent < this.allowance) && this.askArm(arm, id, out)) return true
    }
    return false
  }

  /** A value that was not tried at the incumbent: in turn with others at first, and at once when it is high time. */
  private challenge(id: number, out: Float64Array): boolean {
    const { budget, remaining } = this.context
    const time = remaining() - LAST * budget
    if (time <= 0 || time > 2 * this.challengers.most) return false
    const untried = this.challengers.untried(out)
    if (untried === 0 || time > 2 * untried) return false
    if (time > untried && this.move === "challenger") return false
    this.challengers.ask(out)
    this.process.expect(id, out)
    this.chosen++
    this.last = this.process
    this.move = "challenger"
    return true
  }

  private askChooser(id: number, out: Float64Array): boolean {
    this.chosen++
    this.last = this.chooser()
    const given = this.last.ask(id, out)
    this.move = this.last.move
    return given
  }

  /** Who says which combination to read next: the process, and densities in the part of a run that is too long for it. */
  private chooser(): Strategy {
    return this.chosen <= MOST_READINGS ? this.process : this.densities
  }

  private askElsewhere(id: number, out: Float64Array, arm: Arm): boolean {
    if (this.chosen >= MOST_READINGS) return this.askChooser(id, out)
    if (!this.process.askElsewhere(id, out, arm.choices)) return false
    this.chosen++
    this.last = this.process
    this.move = this.process.move
    return true
  }

  /** The search over the numbers of the best combination. */
  private leader(): Arm {
    const { readings } = this.context
    readings.read(readings.lowest, this.unit)
    const key = this.keyOf(this.unit)
    let arm = this.arms.get(key)
    if (arm === undefined) {
      arm = this.armOf(this.unit.slice())
      this.arms.set(key, arm)
    }
    return arm
  }

  private askArm(arm: Arm, id: number, out: Float64Array): boolean {
    if (!arm.strategy.ask(id, this.part)) return false
    out.set(arm.choices)
    for (let k = 0; k < this.numbers.length; k++) out[this.numbers[k]] = this.part[k]
    arm.spent++
    arm.pending++
    this.owners.set(id, arm)
    this.last = arm.strategy
    this.move = arm.strategy.move
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
      const kept = Math.ceil(before / 2)
      this.running = this.running.toSorted((a, b) => lowest(a) - lowest(b)).slice(0, kept)
      this.allowance += Math.floor((this.look * before) / kept)
    }
  }

  private begin(combinations: ReadonlyArray<Float64Array>): void {
    const arms = combinations.map((choices) => this.armOf(choices))
    for (const arm of arms) this.arms.set(this.keyOf(arm.choices), arm)
    const rounds = Math.max(1, Math.ceil(Math.log2(arms.length)))
    this.look = Math.max(1, Math.floor((LOOKS * this.context.remaining()) / rounds / arms.length))
    this.allowance = this.look
    this.running = arms
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
