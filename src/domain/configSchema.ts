/**
 * The schema of an engine's configuration, field by field. `Config.ts` adds what no single field can show and fills in
 * defaults; one needs this file to see what is allowed or to make examples of it.
 */
import * as Schema from "effect/Schema"
import { LearnedSchema } from "./Learned.ts"
import { KnobConfig } from "./ParamSpace.ts"
import { MAX_EXTRAS, MAX_SEED, SECOND_US } from "./Units.ts"

const whole = (minimum: number, maximum: number) =>
  Schema.Finite.check(
    Schema.makeFilter((n: number) => Number.isSafeInteger(n) && n >= minimum && n <= maximum, {
      expected: `a whole number from ${minimum} to ${maximum}`,
    }),
  )
const between = (minimum: number, maximum: number) =>
  Schema.Finite.check(
    Schema.makeFilter((n: number) => n >= minimum && n <= maximum, {
      expected: `a number from ${minimum} to ${maximum}`,
    }),
  )
const above0 = (maximum: number) =>
  Schema.Finite.check(
    Schema.makeFilter((n: number) => n > 0 && n <= maximum, {
      expected: `a number above 0 and at most ${maximum}`,
    }),
  )

/** A year: longer than any time a running engine waits for. */
const LONGEST_US = 365 * 24 * 3600 * SECOND_US
const timeUs = between(0, LONGEST_US)

/** Presets of DESIGN 7. */
export const PRESETS = ["conservative", "balanced", "aggressive"] as const
export type Preset = (typeof PRESETS)[number]

const Guardrails = Schema.Struct({
  /** The preset whose numbers hold where none is given here; "balanced" when omitted. */
  preset: Schema.optional(Schema.Literals(PRESETS)),
  maxStep: Schema.optional(above0(1)),
  appliesPerSecond: Schema.optional(whole(1, 100_000)),
  minIntervalUs: Schema.optional(timeUs),
  turnsPerMinute: Schema.optional(whole(0, 1000)),
  cooldownUs: Schema.optional(timeUs),
  rangePerMinute: Schema.optional(above0(1)),
  pathPerMinute: Schema.optional(above0(1000)),
  regressionsToTrip: Schema.optional(whole(1, 1000)),
  rollbackRegressions: Schema.optional(whole(1, 1000)),
  rollbacksPerHour: Schema.optional(whole(0, 1000)),
  minStableUs: Schema.optional(timeUs),
  emergencyMargin: Schema.optional(
    Schema.Finite.check(Schema.makeFilter((n: number) => n < 0, { expected: "a number below 0" })),
  ),
})

const Window = Schema.Struct({
  digests: Schema.optional(whole(1, 100_000)),
  us: Schema.optional(above0(LONGEST_US)),
  settleUs: Schema.optional(timeUs),
  maxAgeUs: Schema.optional(above0(LONGEST_US)),
  aggregate: Schema.optional(Schema.Literals(["trimmedMean", "median", "mean"])),
  trim: Schema.optional(
    Schema.Finite.check(
      Schema.makeFilter((n: number) => n >= 0 && n < 0.5, { expected: "a number from 0 to below 0.5" }),
    ),
  ),
})

const Gains = Schema.Struct({
  mode: Schema.optional(Schema.Literals(["trustRatio", "spall"])),
  a0: Schema.optional(above0(1e12)),
  c0: Schema.optional(above0(0.5)),
  stability: Schema.optional(between(0, 1e9)),
})

const SafeMode = Schema.Struct({
  exit: Schema.optional(Schema.Literals(["timer", "manualReset", "objectiveRecovery"])),
  timerUs: Schema.optional(above0(LONGEST_US)),
  requiredImprovement: Schema.optional(between(0, 1)),
})

const Comparison = Schema.Struct({
  everyCycles: Schema.optional(whole(1, 1_000_000)),
  falseRollbacks: Schema.optional(above0(1e6)),
  perWindows: Schema.optional(above0(1e12)),
  criticalDeviations: Schema.optional(above0(1e6)),
  criticalShare: Schema.optional(between(0, 1e6)),
  criticalPairs: Schema.optional(whole(1, 1000)),
  tolerance: Schema.optional(above0(3)),
  holdUs: Schema.optional(above0(LONGEST_US)),
})

const Homeostasis = Schema.Struct({
  /** Channels that tell one context from another. */
  features: Schema.optional(
    Schema.Array(Schema.String).check(
      Schema.makeFilter((list: ReadonlyArray<string>) => list.length > 0, { expected: "one name or more" }),
    ),
  ),
  capacity: Schema.optional(whole(1, 4096)),
  radius: Schema.optional(above0(1e6)),
  windows: Schema.optional(whole(4, 1000)),
  stableUs: Schema.optional(timeUs),
  cycles: Schema.optional(whole(1, 1_000_000)),
  still: Schema.optional(above0(1)),
  maxAgeUs: Schema.optional(above0(Number.MAX_SAFE_INTEGER)),
  canary: Schema.optional(whole(2, 1000)),
  canaryDeadline: Schema.optional(whole(2, 10_000)),
  rampUs: Schema.optional(above0(LONGEST_US)),
  retryUs: Schema.optional(timeUs),
})

const Variants = Schema.Struct({
  seed: Schema.optional(whole(0, MAX_SEED)),
  discount: Schema.optional(above0(1)),
  trials: Schema.optional(whole(0, 1_000_000)),
  cooldownUs: Schema.optional(timeUs),
  switchesPerHour: Schema.optional(whole(0, 4096)),
  stay: Schema.optional(whole(0, 1_000_000)),
})

const Telemetry = Schema.Struct({
  capacity: Schema.optional(
    Schema.Finite.check(
      Schema.makeFilter(
        (n: number) => Number.isInteger(n) && n >= 16 && n <= 1_048_576 && Number.isInteger(Math.log2(n)),
        {
          expected: "a power of two from 16 to 1048576",
        },
      ),
    ),
  ),
  overflow: Schema.optional(Schema.Literals(["dropOldest", "backpressure"])),
})

const Audit = Schema.Struct({
  capacity: Schema.optional(whole(64, 1_048_576)),
  memory: Schema.optional(whole(1, 10_000_000)),
  digests: Schema.optional(Schema.Boolean),
})

const Journal = Schema.Struct({
  sync: Schema.optional(Schema.Literals(["batch", "interval", "never"])),
  syncEveryUs: Schema.optional(above0(LONGEST_US)),
  segmentBytes: Schema.optional(whole(1024, Number.MAX_SAFE_INTEGER)),
  segmentUs: Schema.optional(above0(LONGEST_US)),
  compress: Schema.optional(Schema.Literals(["zstd", "gzip", "none"])),
  keepBytes: Schema.optional(whole(0, Number.MAX_SAFE_INTEGER)),
  keepSegments: Schema.optional(whole(0, Number.MAX_SAFE_INTEGER)),
  keepUs: Schema.optional(above0(Number.MAX_SAFE_INTEGER)),
})

const name = Schema.String.check(
  Schema.makeFilter((text: string) => text.trim() !== "" && text === text.trim() && text.length <= 128, {
    expected: "a name of 1 to 128 characters without white space around it",
  }),
)

const runId = Schema.String.check(
  Schema.makeFilter((text: string) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text), {
    expected: "1 to 64 letters, digits, dots, dashes and underscores",
  }),
)

export const EngineConfigSchema = Schema.Struct({
  params: Schema.Record(Schema.String, KnobConfig),
  objective: Schema.optional(Schema.Literals(["minimize", "maximize"])),
  seed: Schema.optional(whole(0, MAX_SEED)),
  guardrails: Schema.optional(Schema.Union([Schema.Literals(PRESETS), Guardrails])),
  window: Schema.optional(Window),
  clock: Schema.optional(Schema.Literals(["system", "manual"])),
  tickUs: Schema.optional(between(1000, 60 * SECOND_US)),
  placement: Schema.optional(Schema.Literals(["inline", "worker"])),
  /** Becomes part of a file name. */
  runId: Schema.optional(runId),
  state: Schema.optional(name),
  resume: Schema.optional(Schema.Literals(["last", "baseline", false])),
  gains: Schema.optional(Gains),
  safeMode: Schema.optional(SafeMode),
  comparison: Schema.optional(Comparison),
  homeostasis: Schema.optional(Homeostasis),
  variants: Schema.optional(Variants),
  learned: Schema.optional(LearnedSchema),
  constraint: Schema.optional(Schema.Boolean),
  extras: Schema.optional(
    Schema.Array(name).check(
      Schema.makeFilter((list: ReadonlyArray<string>) => list.length <= MAX_EXTRAS, {
        expected: `at most ${MAX_EXTRAS} names`,
      }),
    ),
  ),
  telemetry: Schema.optional(Telemetry),
  audit: Schema.optional(Audit),
  journal: Schema.optional(Journal),
  startIsBaseline: Schema.optional(Schema.Boolean),
})

/** What the schema lets through. */
export type EngineConfigInput = typeof EngineConfigSchema.Type
