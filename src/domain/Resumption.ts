/**
 * How an engine begins where another one left off: after a crash, after a stop, or in a worker's place. Plain data, so that
 * it goes through a message, into the record of the start, and out of it again when the run is replayed. One needs it
 * wherever one engine takes over from another.
 */
import type { ParamSpace } from "./ParamSpace.ts"
import { readTotally } from "./readInput.ts"
import {
  boolean,
  list,
  nullOr,
  number,
  object,
  oneOf,
  optional,
  record,
  type ShapeType,
  string,
} from "./Shape.ts"
import { SAFE_MODE_EXITS, TRIP_REASONS, type TripReason } from "./words.ts"

const Values = record(number())
const REASONS = TRIP_REASONS.filter((word): word is TripReason => word !== "none")

export const ResumptionShape = object({
  /** Where the plant is to begin, user units; a knob that is not named begins at its own `initial`. */
  start: Values,
  /** The configuration last known to be good, user units; null: there is none. */
  baseline: nullOr(Values),
  /** SafeMode that is open from the first moment; null: the engine adapts. */
  safeMode: nullOr(
    object({
      reason: oneOf(REASONS),
      sinceUs: number(),
      exit: oneOf(SAFE_MODE_EXITS),
      /** When a timer leads out; null where no time does. */
      deadlineUs: nullOr(number()),
      /** For a person, where the reason alone does not say it; it becomes the snapshot's `fault`. */
      detail: nullOr(string()),
    }),
  ),
  /** Times of the rollbacks within the last hour: `rollbacksPerHour` counts on. */
  rollbacksUs: list(number()),
  /**
   * The live generation before; the new engine begins with the next one. For readers that go on, as those of a worker's
   * buffer do. Null after a restart of the process: nobody is left who knew the old ones, and the new engine begins with 1.
   */
  generation: nullOr(number()),
  from: object({
    /** The run that is resumed; null: there was none. */
    run: nullOr(string()),
    /** It was stopped; false: it was killed, or its worker died. */
    ended: boolean,
    /** Its last time. */
    atUs: number(),
    /** What is done about it and why, in a sentence for a person. */
    why: string(),
  }),
  /** How far readings were projected at last, and the time between two digests; absent where the plant was not found to remember. */
  memory: optional(object({ horizonUs: number(), digestUs: number() })),
  /** What of it could not be taken over, each in a sentence. */
  warnings: list(string()),
})

/** Where an engine begins, what it remembers, and whose place it takes. */
export interface Resumption extends ShapeType<typeof ResumptionShape> {}

/** A resumption out of a record, or null where it is none. */
export function readResumption(value: unknown): Resumption | null {
  const read = readTotally(ResumptionShape, value, { excess: "drop" })
  return read.ok ? read.value : null
}

/** Whether the knob of this id may take the value. */
export function fits({ knobs }: ParamSpace, knob: number, value: number | undefined): value is number {
  return value !== undefined && value >= knobs[knob].min && value <= knobs[knob].max
}

/** Where the plant begins, unit space: what is resumed where it fits, the knob's own start elsewhere. */
export function startUnits(space: ParamSpace, resumption: Resumption | null): Float64Array {
  return space.initialUnit.map((initial, i) => {
    const value = resumption?.start[space.names[i]]
    return fits(space, i, value) ? unitOf(space, i, value) : initial
  })
}

/** The baseline that is kept, unit space; null where there is none, or one that does not fit every knob. */
export function keptBaseline(space: ParamSpace, resumption: Resumption | null): Float64Array | null {
  const baseline = resumption?.baseline ?? null
  if (baseline === null || !space.names.every((name, i) => fits(space, i, baseline[name]))) return null
  return Float64Array.from(space.names, (name, i) => unitOf(space, i, baseline[name]))
}

/** Neighbours that are tried on either side: encoding and decoding are off by a unit in the last place or two. */
const NEIGHBOURS = 4

/** The position that gives the value, bit for bit where there is one. */
function unitOf({ table }: ParamSpace, knob: number, value: number): number {
  const near = table.snap(knob, table.encode(knob, value))
  for (let away = 0; away <= NEIGHBOURS; away++) {
    for (const unit of [near + away * ulp(near), near - away * ulp(near)]) {
      if (unit >= 0 && unit <= 1 && table.decode(knob, unit) === value) return table.snap(knob, unit)
    }
  }
  return near
}

/** The distance from a position to the next double, or twice that below a power of two. */
const ulp = (x: number): number => Math.max(Number.MIN_VALUE, 2 ** (Math.floor(Math.log2(x || 1)) - 52))
