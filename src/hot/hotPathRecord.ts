/**
 * A hot path as plain data: what it is made of and where it stands, small enough for a snapshot and enough to make another one
 * from. One needs it to carry an engine over a restart. Rings, ledgers and counters are left out: they begin empty.
 */
import type { GuardrailNumbers } from "./Guardrails.ts"
import type { AtomicConfig } from "./AtomicConfig.ts"
import type { HotPathOptions } from "./HotPathOptions.ts"
import { type KnobNumbers, KnobTable } from "./KnobTable.ts"
import type { SafetyExecutor } from "./SafetyExecutor.ts"
import type { WindowNumbers } from "./WindowAccumulator.ts"

/** By code. */
const SCALE_WORDS = ["linear", "log", "periodic"] as const

/** JSON has no infinities: they are written as text. */
type Written = number | string

/** What `HotPath.toJSON` gives; positions are in unit space. */
export interface HotPathRecord {
  readonly $arqon: "hot"
  readonly name: string
  readonly id: number
  readonly generation: number
  /** The live configuration in the knobs' own units: for people, nothing is made from it. */
  readonly values: ReadonlyArray<number>
  readonly base: ReadonlyArray<number>
  /** Null while there is none. */
  readonly baseline: ReadonlyArray<number> | null
  /** Where a person wanted it. */
  readonly start: ReadonlyArray<number>
  /** Why SafeMode is open, as a code; 0: it is not. */
  readonly latch: number
  /** The time it had reached: another one does not start earlier. */
  readonly nowUs: number
  readonly knobs: ReadonlyArray<KnobNumbers>
  readonly policy: Readonly<Record<string, Written>>
  readonly window: Readonly<Record<string, Written>>
  readonly auditCapacity: number
  readonly journalDigests: boolean
  readonly manualTime: boolean
}

/** A hot path, as far as its record goes. */
interface Recorded {
  readonly name: string
  readonly id: number
  readonly nowUs: number
  readonly table: KnobTable
  readonly config: AtomicConfig
  readonly executor: SafetyExecutor
}

/** What `hot`, made with these options, is to be remembered by. */
export function recordOf(hot: Recorded, made: HotPathOptions): HotPathRecord {
  const { config, executor } = hot
  const baseline = new Float64Array(config.knobs)
  if (config.hasBaseline) config.baselineUnits(baseline)
  return {
    $arqon: "hot",
    name: hot.name,
    id: hot.id,
    generation: config.generation,
    values: Array.from({ length: config.knobs }, (_, i) => config.value(i)),
    base: Array.from(executor.base),
    baseline: config.hasBaseline ? Array.from(baseline) : null,
    start: Array.from(made.fallbackUnit ?? made.initialUnit),
    latch: Atomics.load(executor.latch, 0),
    nowUs: hot.nowUs,
    knobs: hot.table.toJSON(),
    policy: written(executor.policy),
    window: written(made.window),
    auditCapacity: made.auditCapacity,
    journalDigests: made.journalDigests ?? false,
    manualTime: made.manualTime ?? false,
  }
}

/** Another hot path of the same make, standing on the baseline of the record, or on its base while there was none. */
export function optionsFrom(record: HotPathRecord): HotPathOptions {
  return {
    name: record.name,
    table: new KnobTable(record.knobs),
    policy: read(record.policy) as unknown as GuardrailNumbers,
    window: read(record.window) as unknown as WindowNumbers,
    initialUnit: Float64Array.from(record.baseline ?? record.base),
    fallbackUnit: Float64Array.from(record.start),
    auditCapacity: record.auditCapacity,
    journalDigests: record.journalDigests,
    manualTime: record.manualTime,
  }
}

/** The first way in which the knobs of a hot path are not those of a record; null where they are the same. */
export function knobsDiffer(table: KnobTable, { knobs }: HotPathRecord): string | null {
  if (table.size !== knobs.length) return `it has ${table.size} knobs, not ${knobs.length}`
  const own = table.toJSON()
  for (let i = 0; i < knobs.length; i++) {
    for (const part of ["min", "max", "scale", "step"] as const) {
      const [is, was] = [own[i][part], knobs[i][part]]
      if (is === was) continue
      const [now, before] = part === "scale" ? [SCALE_WORDS[is], SCALE_WORDS[was]] : [is, was]
      return `${part} of knob ${i + 1} (in the order of the names) is ${now}, not ${before}`
    }
  }
  return null
}

function written(numbers: object): Record<string, Written> {
  return Object.fromEntries(
    Object.entries(numbers).flatMap(([name, value]: [string, unknown]) =>
      typeof value === "number" ? [[name, Number.isFinite(value) ? value : String(value)]] : [],
    ),
  )
}

function read(numbers: Readonly<Record<string, Written>>): Record<string, number> {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Number(value)]))
}
