/** From what the replicas have measured to the readings of a pair's sides. Pure: needed by the owner's loop, simulations and tests. */
import type { OwnDeviation } from "./OwnDeviation.ts"
import type { Role } from "./protocol.ts"
import { type ReplicaReading, robustSpread, sideMean, weighSide } from "./sideMean.ts"

/** What one replica has measured in a stage. */
export interface KeyedReading extends ReplicaReading {
  readonly key: string
  readonly side: Role
  /** Mean constraint margin; NaN where there is none. */
  readonly margin: number
}

/** What a side has read; NaN where nobody was on it. */
export interface SideReading {
  readonly loss: number
  readonly margin: number
  readonly replicas: number
}

export interface StageReading {
  readonly plus: SideReading
  readonly minus: SideReading
  /** The level over both sides: what the guard watches. */
  readonly loss: number
  /** The worse margin. */
  readonly margin: number
}

/** What a stage has read, and how each replica counted in it. */
export interface WeighedStage extends StageReading {
  /** By reading, in the order given: its share of its side's mean; null where it is on neither side. */
  readonly weights: ReadonlyArray<number | null>
}

/**
 * The readings of a stage. `own`, where it is given, is taken off each reading, and learns from them afterwards. Control replicas and
 * those on the base count for neither side.
 */
export function readStage(readings: ReadonlyArray<KeyedReading>, own: OwnDeviation | null): WeighedStage {
  const on = (side: Role): ReadonlyArray<KeyedReading> => readings.filter((one) => one.side === side)
  const raw = [on("plus"), on("minus")]
  const corrected = raw.map((side) =>
    own === null ? side : side.map((one) => ({ ...one, mean: one.mean - own.of(one.key) })),
  )
  const spread = robustSpread(corrected)
  const weighed = corrected.map((side) => weighSide(side, spread))
  const [plus, minus] = corrected.map((side, i) => ({
    loss: weighed[i].mean,
    margin: marginOf(side),
    replicas: side.length,
  }))
  if (own !== null) for (const side of raw) own.learn(side)
  const weights = new Map(
    raw.flatMap((side, i) => side.map((one, j) => [one, weighed[i].weights[j]] as const)),
  )
  return { ...stageOf(plus, minus), weights: readings.map((one) => weights.get(one) ?? null) }
}

/** The reading of a stage by what its sides have read. */
export function stageOf(plus: SideReading, minus: SideReading): StageReading {
  const sides = [plus, minus].filter(({ replicas }) => replicas > 0)
  const margins = sides.map(({ margin }) => margin).filter((margin) => !Number.isNaN(margin))
  return {
    plus,
    minus,
    loss: sides.reduce((sum, { loss }) => sum + loss, 0) / sides.length,
    margin: margins.length === 0 ? Number.NaN : Math.min(...margins),
  }
}

const marginOf = (side: ReadonlyArray<KeyedReading>): number => {
  const known = side
    .filter(({ margin }) => !Number.isNaN(margin))
    .map(({ margin, n }) => ({ mean: margin, n }))
  return sideMean(known, robustSpread([known]))
}
