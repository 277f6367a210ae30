/**
 * A hot path from a list of knobs in plain words, with the defaults of a balanced engine. One needs it to use the machines
 * without the runtime; the runtime checks configurations more kindly and builds its own.
 */
import { LINEAR, LOG, PERIODIC, TRIMMED_MEAN } from "../src/hot/codes.ts"
import type { GuardrailNumbers } from "../src/hot/Guardrails.ts"
import { HotPath, type HotPathOptions } from "../src/hot/HotPath.ts"
import { KnobTable } from "../src/hot/KnobTable.ts"
import type { WindowNumbers } from "../src/hot/WindowAccumulator.ts"
import { GUARDRAILS } from "../src/domain/guardrailPresets.ts"

/** A knob in user units; the middle of its scale is the start where none is given. */
export interface PlainKnob {
  readonly min: number
  readonly max: number
  readonly scale?: "linear" | "log" | "periodic"
  /** Distance between allowed values; continuous when left out. */
  readonly step?: number
  readonly initial?: number
}

/** Options of `makeHotPath`; only `knobs` is required. */
export interface PlainHotPathOptions
  extends Partial<Omit<HotPathOptions, "table" | "policy" | "initialUnit" | "window">> {
  readonly knobs: Readonly<Record<string, PlainKnob>>
  /** Name of a preset, or what differs from the balanced one. */
  readonly guardrails?: keyof typeof GUARDRAILS | Partial<GuardrailNumbers>
  readonly window?: Partial<WindowNumbers>
}

/** A hot path with the names of its knobs. */
export interface PlainHotPath {
  readonly hot: HotPath
  /** Names of the knobs by id: sorted, so that a run can be repeated whatever the order they were written in. */
  readonly names: ReadonlyArray<string>
  /** The live value of a knob in user units. A RangeError for a name that is none. */
  readonly value: (name: string) => number
}

const SCALES = { linear: LINEAR, log: LOG, periodic: PERIODIC }

/** A RangeError for numbers no hot path could work with. */
export function makeHotPath(options: PlainHotPathOptions): PlainHotPath {
  const { knobs, guardrails = "balanced", window, ...rest } = options
  const names = Object.keys(knobs).sort()
  const table = new KnobTable(
    names.map((name) => {
      const { min, max, scale = "linear", step = 0, initial } = knobs[name]
      if (!(min < max) || (scale === "log" && min <= 0))
        throw new RangeError(`knob ${name}: no range from ${min} to ${max}`)
      if (initial !== undefined && !(initial >= min && initial <= max))
        throw new RangeError(`knob ${name}: initial must lie between ${min} and ${max}, got ${initial}`)
      return { min, max, scale: SCALES[scale], step, maxStep: 0 }
    }),
  )
  const initialUnit = Float64Array.from(names, (name, i) => {
    const { initial } = knobs[name]
    return initial === undefined ? 0.5 : table.encode(i, initial)
  })
  if (typeof guardrails === "string" && !Object.hasOwn(GUARDRAILS, guardrails))
    throw new RangeError(
      `guardrails: must be one of ${Object.keys(GUARDRAILS).join(", ")}, or an object with numbers, got ${JSON.stringify(guardrails)}`,
    )
  const policy =
    typeof guardrails === "string" ? GUARDRAILS[guardrails] : { ...GUARDRAILS.balanced, ...guardrails }
  const hot = new HotPath({
    auditCapacity: 4_096,
    ...rest,
    table,
    policy,
    initialUnit,
    window: {
      windowDigests: 5,
      windowUs: 500_000,
      settleUs: 10_000,
      maxAgeUs: 5_000_000,
      aggregate: TRIMMED_MEAN,
      trim: 0.1,
      ...window,
    },
  })
  const ids = new Map(names.map((name, i) => [name, i]))
  const value = (name: string): number => {
    const id = ids.get(name)
    if (id === undefined) throw new RangeError(`no knob is named ${name}`)
    return hot.config.value(id)
  }
  return { hot, names, value }
}
