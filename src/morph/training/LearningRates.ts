/**
 * The one writer of learning rates. Optimisers read `rates`, by owner: 0 the host, k graft k. Everything that wants another rate asks
 * here, and the next step has it.
 */
import { cos } from "../tensor/functions.ts"

/** How a rate falls with the epochs: from 1 downwards, as a factor. */
export type Schedule =
  | { readonly kind: "constant" }
  /** Half a wave from 1 to `least` over so many epochs, then `least`. */
  | { readonly kind: "cosine"; readonly epochs: number; readonly least: number }
  /** Times `factor` after every so many epochs. */
  | { readonly kind: "step"; readonly every: number; readonly factor: number }

/** Learning rates of a host and its grafts. */
export interface RateOptions {
  /** The host's rate before the schedule. */
  readonly rate: number
  readonly schedule?: Schedule
  /** Epochs in which the host's rate rises to its full height in equal steps; 0 if left out. */
  readonly warmUp?: number
  /** A graft's share of the host's rate: 1 if left out, .1 as in the design this follows. */
  readonly graftShare?: number
  /** Epochs in which a graft's rate rises to its full height, counted from its planting; 0 if left out. */
  readonly graftWarmUp?: number
}

/** What a command may change; the rest stays. */
export type RateChange = Partial<RateOptions>

export function scheduleFactor(schedule: Schedule, epoch: number): number {
  switch (schedule.kind) {
    case "constant":
      return 1
    case "cosine": {
      if (epoch >= schedule.epochs) return schedule.least
      return schedule.least + ((1 - schedule.least) * (1 + cos((Math.PI * epoch) / schedule.epochs))) / 2
    }
    case "step": {
      // Multiplied, not raised: a power may differ by an ulp from engine to engine.
      let factor = 1
      for (let passed = schedule.every; passed <= epoch; passed += schedule.every) factor *= schedule.factor
      return factor
    }
  }
}

/** The first epoch of a warm-up already moves, the last one is the first at full height. */
const warmed = (epochs: number, age: number): number => (age >= epochs ? 1 : (age + 1) / (epochs + 1))

/** Of a graft's share, what is left at least: with the usual share of .6 about a tenth of the host's rate, as in that design. */
const LEAST_EASE = 0.25

export class LearningRates {
  private readonly current: Float32Array
  private readonly plantedAt: Int32Array
  /** Of each graft, what is left of its share. */
  private readonly eases: Float64Array
  /** By blueprint: the part of a graft's share at which it learns on its branch, where that is not all of it. */
  private readonly eased = new Map<string, number>()
  private options: Required<RateOptions>
  private epoch = 0

  /** @param owners the host and as many grafts as there can be at once */
  constructor(options: RateOptions, owners: number) {
    this.options = { schedule: { kind: "constant" }, warmUp: 0, graftShare: 1, graftWarmUp: 0, ...options }
    this.current = new Float32Array(owners)
    this.plantedAt = new Int32Array(owners).fill(-1)
    this.eases = new Float64Array(owners).fill(1)
    this.write()
  }

  /** The host's rate before schedule and warm-up. */
  get rate(): number {
    return this.options.rate
  }

  /** The rate of each owner in the next step; 0 for a place that nobody has. */
  rateOf(owner: number): number {
    return this.current[owner]
  }

  /** At the start of an epoch, before its first step. */
  beginEpoch(epoch: number): void {
    this.epoch = epoch
    this.write()
  }

  /** A graft begins to learn in this epoch, at its share or at a part of that. */
  plant(owner: number, ease = 1): void {
    this.plantedAt[owner] = this.epoch
    this.eases[owner] = ease
    this.write()
  }

  /** A graft of this blueprint turned the value too far: the next ones learn half as fast beside the host. False where they cannot. */
  ease(blueprint: string): boolean {
    const ease = this.easeOf(blueprint) / 2
    if (ease < LEAST_EASE) return false
    this.eased.set(blueprint, ease)
    return true
  }

  easeOf(blueprint: string): number {
    return this.eased.get(blueprint) ?? 1
  }

  remove(owner: number): void {
    this.plantedAt[owner] = -1
    this.write()
  }

  /** The next step has it. */
  adjust(change: RateChange): void {
    this.options = { ...this.options, ...change }
    this.write()
  }

  private write(): void {
    const { rate, schedule, warmUp, graftShare, graftWarmUp } = this.options
    const full = rate * scheduleFactor(schedule, this.epoch)
    this.current[0] = full * warmed(warmUp, this.epoch)
    for (let owner = 1; owner < this.current.length; owner++) {
      const since = this.plantedAt[owner]
      this.current[owner] =
        since < 0 ? 0 : full * graftShare * this.eases[owner] * warmed(graftWarmUp, this.epoch - since)
    }
  }
}
