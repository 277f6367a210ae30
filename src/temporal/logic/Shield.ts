/**
 * A shield lets through only those moves after which a rule can still be kept, whatever the plant does within what was assumed of
 * it. It is a table over bins of knobs and channels, made by `synthesizeShield`; looking a move up allocates nothing. (Bloem,
 * Könighofer, Könighofer, Wang, "Shield Synthesis: Runtime Enforcement for Reactive Systems", TACAS 2015.)
 */
import { ConfigError } from "../../domain/errors.ts"
import { problem } from "../../domain/problems.ts"
import { boolean, list, maybe, numberThat, object, type ShapeType, text, whole } from "../../domain/Shape.ts"
import { readOptions } from "../readOptions.ts"

/** What a shield says of a proposal. */
export const SHIELD = {
  /** Every knob may go where it was proposed to go. */
  permitted: 0,
  /** At least one knob was held back, or moved to where the rule can still be kept. */
  clipped: 1,
  /** From here the rule cannot be kept by any move: go back to the baseline. */
  lost: 2,
  /** A reading is missing, and no move keeps the rule wherever it may be: nothing is moved. */
  unknown: 3,
} as const

const cuts = list(numberThat("a number", Number.isFinite), {
  expected: "one to three numbers, each above the one before it",
  holds: (all) =>
    all.length >= 1 &&
    all.length <= 3 &&
    (all as ReadonlyArray<number>).every((cut, i, same) => i === 0 || cut > same[i - 1]),
})

export const shieldAxis = object(
  {
    /** The knob or channel. */
    name: text(200),
    /** Where one bin ends and the next begins, in its unit: three cuts make four bins. A cut belongs to the bin above it. */
    cuts,
    /** The knob takes whole numbers only. */
    whole: maybe(boolean),
  },
  {
    expected: "an axis whose cuts are whole numbers, because its knob is",
    holds: ({ cuts, whole }) => whole !== true || (cuts as ReadonlyArray<number>).every(Number.isInteger),
  },
)

/** A knob or channel, cut into two to four bins. */
export type ShieldAxis = ShapeType<typeof shieldAxis>

const MOST_AXES = 3
/** Knobs or channels of a shield. */
export const shieldAxes = (least: number) =>
  list(shieldAxis, {
    expected: `${least} to ${MOST_AXES} axes`,
    holds: ({ length }) => length >= least && length <= MOST_AXES,
  })

/** How many states the bins of these axes make. */
export const statesOf = (axes: ReadonlyArray<ShieldAxis>): number =>
  axes.reduce((states, { cuts }) => states * (cuts.length + 1), 1)

export const shieldTable = object({
  version: numberThat("1 (a table of another version must be made again)", (n) => n === 1),
  /** What the shield keeps, as text. */
  rule: text(10_000),
  knobs: shieldAxes(1),
  channels: shieldAxes(0),
  /** For each state, a bit for each permitted move; the first knob counts fastest in both. */
  permitted: list(whole(0, 2 ** 27 - 1)),
  /** Of the rest: shows whether it was changed since it was made. */
  checksum: maybe(text(8)),
})

/** A shield as plain data. */
export type ShieldTable = ShapeType<typeof shieldTable>

/** Which bin a value is in. */
export function binOf({ cuts }: ShieldAxis, value: number): number {
  let bin = 0
  while (bin < cuts.length && value >= cuts[bin]) bin++
  return bin
}

/** How many bins a move takes the knob at `place` by: -1, 0 or 1. */
export const stepOf = (move: number, place: number): number => (Math.floor(move / 3 ** place) % 3) - 1

/** Looks proposals up in a table. Throws a ConfigError for a table that does not fit together. */
export class Shield {
  readonly table: ShieldTable
  private readonly axes: ReadonlyArray<ShieldAxis>
  private readonly bins: Int32Array
  private readonly moves: number

  constructor(table: ShieldTable) {
    this.table = readOptions(shieldTable, table)
    this.axes = [...table.knobs, ...table.channels]
    const states = statesOf(this.axes)
    if (table.permitted.length !== states)
      throw new ConfigError({
        problems: [
          problem(
            ["permitted"],
            `must have ${states} entries, one for each state, got ${table.permitted.length}.`,
          ),
        ],
      })
    this.bins = new Int32Array(this.axes.length)
    this.moves = 3 ** table.knobs.length
  }

  /**
   * Takes a proposal to the nearest permitted one. A knob moves by one bin at most.
   *
   * @param now the values of the knobs, then those of the channels; NaN for a missing reading
   * @param proposal the proposed values of the knobs; overwritten
   * @returns one of `SHIELD`. What is not `permitted` or `clipped` leaves the knobs where they are.
   */
  clip(now: ArrayLike<number>, proposal: Float64Array): number {
    const { knobs } = this.table
    let missing = false
    for (let i = 0; i < this.axes.length; i++) {
      missing ||= Number.isNaN(now[i])
      this.bins[i] = Number.isNaN(now[i]) ? -1 : binOf(this.axes[i], now[i])
    }
    const permitted = this.permittedFrom(0, 1, 0)
    const move = permitted === 0 ? -1 : this.nearest(permitted, proposal)
    let clipped = false
    for (let i = 0; i < knobs.length; i++) {
      const to = move < 0 ? now[i] : this.within(i, this.bins[i] + stepOf(move, i), proposal[i])
      clipped ||= to !== proposal[i]
      proposal[i] = to
    }
    if (move < 0) return missing ? SHIELD.unknown : SHIELD.lost
    return clipped ? SHIELD.clipped : SHIELD.permitted
  }

  /** The moves that are permitted in every state that the readings allow. */
  private permittedFrom(place: number, weight: number, state: number): number {
    if (place === this.axes.length) return this.table.permitted[state]
    const size = this.axes[place].cuts.length + 1
    const bin = this.bins[place]
    if (bin >= 0) return this.permittedFrom(place + 1, weight * size, state + weight * bin)
    // Where a knob stands decides what a move means: without it there is no move.
    let all = place < this.table.knobs.length ? 0 : -1
    for (let at = 0; at < size && all !== 0; at++)
      all &= this.permittedFrom(place + 1, weight * size, state + weight * at)
    return all
  }

  /** The permitted move that differs least from the proposal, counted in bins. */
  private nearest(permitted: number, proposal: ArrayLike<number>): number {
    let least = Number.POSITIVE_INFINITY
    let nearest = -1
    // Of moves that are equally near, to stand still comes first.
    for (let i = -1; i < this.moves; i++) {
      const move = i < 0 ? (this.moves - 1) / 2 : i
      if ((permitted & (1 << move)) === 0) continue
      let apart = 0
      for (let i = 0; i < this.table.knobs.length; i++) {
        const bin = this.bins[i] + stepOf(move, i)
        apart += Math.abs(binOf(this.axes[i], proposal[i]) - bin)
      }
      if (apart < least) [least, nearest] = [apart, move]
    }
    return nearest
  }

  /** The value within a bin that is nearest to a proposed one. */
  private within(place: number, bin: number, value: number): number {
    const { cuts, whole } = this.table.knobs[place]
    const from = bin === 0 ? Number.NEGATIVE_INFINITY : cuts[bin - 1]
    if (value < from) return whole === true ? Math.ceil(from) : from
    if (bin === cuts.length || value < cuts[bin]) return value
    const to = cuts[bin]
    return whole === true ? Math.ceil(to) - 1 : below(to)
  }
}

/** A number just below another. */
const below = (x: number): number => x - Math.max(Math.abs(x) * 2 ** -52, Number.MIN_VALUE)
