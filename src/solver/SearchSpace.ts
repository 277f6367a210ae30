/**
 * The space a solver searches: the engine's knobs, and besides them choices and switches, which only the solver knows.
 * Every dimension is a stretch of [0,1], so that a strategy sees one cube; here the cube meets the user's values.
 * Dimensions follow the sorted names, so that a run can be repeated whatever the order they were written down in.
 */
import { LINEAR, LOG, PERIODIC } from "../hot/codes.ts"
import { wrap01 } from "../hot/circle.ts"
import { KnobTable } from "../hot/KnobTable.ts"

/** What a parameter may be. */
export type ParamValue = number | string | boolean

/** One point of the space, by name, in user units. */
export type Params = Readonly<Record<string, ParamValue>>

/** A number within bounds, as for a knob of the engine. */
export interface NumericDimension {
  readonly min: number
  readonly max: number
  readonly scale: "linear" | "log" | "periodic"
  /** Distance between allowed values, counted from `min`; 0 is continuous. */
  readonly step: number
}

/** One of several values without an order; a switch is the choice of false and true. */
export interface CategoricalDimension {
  readonly choices: ReadonlyArray<ParamValue>
}

export type Dimension = NumericDimension | CategoricalDimension

const SCALE_CODES = { linear: LINEAR, log: LOG, periodic: PERIODIC } as const

/**
 * A checked space of `size` dimensions. A position of a choice with c values is the middle of its c-th part:
 * (index + 0.5) / c, so that a uniform draw takes each alike. All operations are total, as in `KnobTable`.
 */
export class SearchSpace {
  readonly size: number
  readonly names: ReadonlyArray<string>
  readonly dimensions: ReadonlyArray<Dimension>
  /** The numeric dimensions as the engine's knobs; a choice stands in it as a placeholder that nobody reads. */
  readonly table: KnobTable
  /** Number of choices per dimension; 0 for numbers. */
  readonly choices: Uint32Array
  /** 1 where the dimension is a circle. */
  readonly periodic: Uint8Array
  /** True when every dimension is a continuous number: then models of curvature hold everywhere. */
  readonly continuous: boolean
  /** True when some dimension is a choice. */
  readonly categorical: boolean
  /** How many points there are; Infinity where some dimension is continuous. */
  readonly points: number
  private readonly known: ReadonlySet<string>

  /** @param bounds checked dimensions by name */
  constructor(bounds: Readonly<Record<string, Dimension>>) {
    this.names = Object.keys(bounds).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    this.dimensions = this.names.map((name) => bounds[name])
    this.size = this.names.length
    this.known = new Set(this.names)
    this.choices = Uint32Array.from(this.dimensions, (d) => ("choices" in d ? d.choices.length : 0))
    this.periodic = Uint8Array.from(this.dimensions, (d) =>
      "choices" in d || d.scale !== "periodic" ? 0 : 1,
    )
    this.table = new KnobTable(
      this.dimensions.map((d) =>
        "choices" in d
          ? { min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 }
          : { min: d.min, max: d.max, scale: SCALE_CODES[d.scale], step: d.step, maxStep: 0 },
      ),
    )
    this.categorical = this.choices.some((count) => count > 0)
    this.points = this.dimensions.reduce(
      (product, d, i) =>
        product *
        ("choices" in d
          ? d.choices.length
          : d.step > 0
            ? this.table.lastGridIndex[i] + 1
            : Number.POSITIVE_INFINITY),
      1,
    )
    this.continuous = !this.categorical && this.table.step.every((step) => step === 0)
  }

  /** The position really evaluated when `unit` is asked for in dimension i: wrapped or clamped, on its grid. Idempotent. */
  snapOne(i: number, unit: number): number {
    const count = this.choices[i]
    return count === 0 ? this.table.snap(i, unit) : (this.choiceIndex(i, unit) + 0.5) / count
  }

  /** `snapOne` over all dimensions, in place. */
  snap(units: Float64Array): void {
    for (let i = 0; i < this.size; i++) units[i] = this.snapOne(i, units[i])
  }

  /** Index of the choice that a position means. */
  choiceIndex(i: number, unit: number): number {
    const count = this.choices[i]
    const index = Math.floor(unit * count)
    return index < 0 ? 0 : index >= count ? count - 1 : index
  }

  /**
   * b - a in dimension i: the short way round on a circle; between choices 0 when they are the same and 1 when not.
   */
  difference(i: number, a: number, b: number): number {
    if (this.choices[i] > 0) return this.choiceIndex(i, a) === this.choiceIndex(i, b) ? 0 : 1
    return this.table.difference(i, a, b)
  }

  /** A position moved back into the cube: wrapped on a circle, clamped elsewhere. */
  contain(i: number, unit: number): number {
    return this.periodic[i] === 1 ? wrap01(unit) : unit < 0 ? 0 : unit > 1 ? 1 : unit
  }

  /** Squared distance of two points that lie in flat arrays at `aFrom` and `bFrom`. */
  squaredDistance(a: Float64Array, aFrom: number, b: Float64Array, bFrom: number): number {
    let sum = 0
    for (let i = 0; i < this.size; i++) {
      const d = this.difference(i, a[aFrom + i], b[bFrom + i])
      sum += d * d
    }
    return sum
  }

  /** The user's value at a position of dimension i. */
  decodeOne(i: number, unit: number): ParamValue {
    const dimension = this.dimensions[i]
    return "choices" in dimension ? dimension.choices[this.choiceIndex(i, unit)] : this.table.decode(i, unit)
  }

  /** The user's values at a point, by name. */
  decode(units: Float64Array, from = 0): Params {
    const params: Record<string, ParamValue> = {}
    for (let i = 0; i < this.size; i++) params[this.names[i]] = this.decodeOne(i, units[from + i])
    return params
  }

  /** The position of a user's value, on its grid; NaN when it is not one of this dimension. */
  encodeOne(i: number, value: unknown): number {
    const dimension = this.dimensions[i]
    if ("choices" in dimension) {
      const index = dimension.choices.indexOf(value as ParamValue)
      return index < 0 ? Number.NaN : (index + 0.5) / dimension.choices.length
    }
    if (typeof value !== "number" || !(value >= dimension.min && value <= dimension.max)) return Number.NaN
    return this.table.snap(i, this.table.encode(i, value))
  }

  /** Whether a parameter of that name is searched. */
  has(name: string): boolean {
    return this.known.has(name)
  }

  /** What a value of dimension i must be, for messages. */
  expected(i: number): string {
    const dimension = this.dimensions[i]
    if (!("choices" in dimension)) return `a number from ${dimension.min} to ${dimension.max}`
    const some = dimension.choices.slice(0, 8).map((choice) => JSON.stringify(choice))
    return `one of ${some.join(", ")}${dimension.choices.length > some.length ? ", ..." : ""}`
  }
}
