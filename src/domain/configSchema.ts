/**
 * The shape of an engine's configuration, field by field. `Config.ts` adds what no single field can show and fills in
 * defaults; one needs this file to see what is allowed or to make examples of it.
 */
import { LearnedShape } from "./Learned.ts"
import { KnobShape } from "./ParamSpace.ts"
import {
  above0,
  anything,
  between,
  boolean,
  either,
  list,
  numberThat,
  object,
  oneOf,
  optional,
  record,
  type ShapeType,
  string,
  whole,
} from "./Shape.ts"
import { MAX_EXTRAS, MAX_SEED, SECOND_US } from "./Units.ts"

/** A year: longer than any time a running engine waits for. */
const LONGEST_US = 365 * 24 * 3600 * SECOND_US
const timeUs = between(0, LONGEST_US)

/** Presets of DESIGN 7. */
export const PRESETS = ["conservative", "balanced", "aggressive"] as const
export type Preset = (typeof PRESETS)[number]

const Guardrails = object({
  /** The preset whose numbers hold where none is given here; "balanced" when omitted. */
  preset: optional(oneOf(PRESETS)),
  maxStep: optional(above0(1)),
  appliesPerSecond: optional(whole(1, 100_000)),
  minIntervalUs: optional(timeUs),
  turnsPerMinute: optional(whole(0, 1000)),
  cooldownUs: optional(timeUs),
  rangePerMinute: optional(above0(1)),
  pathPerMinute: optional(above0(1000)),
  regressionsToTrip: optional(whole(1, 1000)),
  rollbackRegressions: optional(whole(1, 1000)),
  rollbacksPerHour: optional(whole(0, 1000)),
  minStableUs: optional(timeUs),
  emergencyMargin: optional(numberThat("a number below 0", (n) => n < 0)),
})

/** A preset, or an object with numbers of one's own. */
export const GuardrailsShape = either(oneOf(PRESETS), Guardrails)

const Window = object({
  digests: optional(whole(1, 100_000)),
  us: optional(above0(LONGEST_US)),
  settleUs: optional(timeUs),
  maxAgeUs: optional(above0(LONGEST_US)),
  aggregate: optional(oneOf(["trimmedMean", "median", "mean"])),
  trim: optional(numberThat("a number from 0 to below 0.5", (n) => n >= 0 && n < 0.5)),
})

const Gains = object({
  mode: optional(oneOf(["trustRatio", "spall"])),
  a0: optional(above0(1e12)),
  c0: optional(above0(0.5)),
  stability: optional(between(0, 1e9)),
  /** Of the rule that calibrates itself; only where probes are known to cost more or less than they do elsewhere. */
  probe: optional(above0(0.5)),
  noisyProbe: optional(between(0, 1e9)),
  trust: optional(between(0, 100)),
  /** Prove or go home: see docs/explanation/tuning-rule.md. */
  prove: optional(boolean),
  patience: optional(between(0, 1e9)),
  /** Project readings on a plant that is seen to remember. */
  lookAhead: optional(boolean),
})

const SafeMode = object({
  exit: optional(oneOf(["timer", "manualReset", "objectiveRecovery"])),
  timerUs: optional(above0(LONGEST_US)),
  requiredImprovement: optional(between(0, 1)),
})

const Comparison = object({
  everyCycles: optional(whole(1, 1_000_000)),
  falseRollbacks: optional(above0(1e6)),
  perWindows: optional(above0(1e12)),
  criticalDeviations: optional(above0(1e6)),
  criticalShare: optional(between(0, 1e6)),
  criticalPairs: optional(whole(1, 1000)),
  tolerance: optional(above0(3)),
  holdUs: optional(above0(LONGEST_US)),
})

const Homeostasis = object({
  key: optional(oneOf(["features", "temporal"])),
  /** Channels that tell one context from another. */
  features: optional(list(string(), { expected: "one name or more", holds: (names) => names.length > 0 })),
  capacity: optional(whole(1, 4096)),
  radius: optional(above0(1e6)),
  windows: optional(whole(4, 1000)),
  stableUs: optional(timeUs),
  cycles: optional(whole(1, 1_000_000)),
  still: optional(above0(1)),
  maxAgeUs: optional(above0(Number.MAX_SAFE_INTEGER)),
  canary: optional(whole(2, 1000)),
  canaryDeadline: optional(whole(2, 10_000)),
  rampUs: optional(above0(LONGEST_US)),
  retryUs: optional(timeUs),
})

const Variants = object({
  seed: optional(whole(0, MAX_SEED)),
  discount: optional(above0(1)),
  trials: optional(whole(0, 1_000_000)),
  cooldownUs: optional(timeUs),
  switchesPerHour: optional(whole(0, 4096)),
  stay: optional(whole(0, 1_000_000)),
})

const Schedule = object({
  /** How many of the last `of` results may be late before SafeMode opens; `of` is no less. */
  trip: optional(whole(1, 32)),
  of: optional(whole(1, 32)),
})

const Telemetry = object({
  capacity: optional(
    numberThat(
      "a power of two from 16 to 1048576",
      (n) => Number.isInteger(n) && n >= 16 && n <= 1_048_576 && Number.isInteger(Math.log2(n)),
    ),
  ),
  overflow: optional(oneOf(["dropOldest", "backpressure"])),
})

const Audit = object({
  capacity: optional(whole(64, 1_048_576)),
  memory: optional(whole(1, 10_000_000)),
  digests: optional(boolean),
})

const Journal = object({
  sync: optional(oneOf(["batch", "interval", "never"])),
  syncEveryUs: optional(above0(LONGEST_US)),
  segmentBytes: optional(whole(1024, 1024 ** 3)),
  segmentUs: optional(above0(LONGEST_US)),
  compress: optional(oneOf(["zstd", "gzip", "none"])),
  keepBytes: optional(whole(0, Number.MAX_SAFE_INTEGER)),
  keepSegments: optional(whole(0, Number.MAX_SAFE_INTEGER)),
  keepUs: optional(above0(Number.MAX_SAFE_INTEGER)),
})

const name = string({
  expected: "a name of 1 to 128 characters without white space around it",
  holds: (text) => text.trim() !== "" && text === text.trim() && text.length <= 128,
})

const path = string({
  expected: "a path of 1 to 4096 characters without white space around it",
  holds: (text) => text.trim() !== "" && text === text.trim() && text.length <= 4096 && !text.includes("\0"),
})

const runId = string({
  expected: "1 to 64 letters, digits, dots, dashes and underscores",
  holds: (text) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text),
})

const engineName = string({
  expected: "1 to 64 characters without control characters or white space around it",
  // Marks of direction and characters without a shape could make one name look like another.
  holds: (text) => text === text.trim() && /^[^\p{C}\p{Zl}\p{Zp}]{1,64}$/u.test(text),
})

const label = string({
  expected: "1 to 40 characters without control characters or white space around it",
  holds: (text) => text === text.trim() && /^[^\p{C}\p{Zl}\p{Zp}]{1,40}$/u.test(text),
})

/** What the objective is called and what it is measured in: for people, no decision reads it. */
const ObjectiveLabel = object({ name: optional(label), unit: optional(label) })

export const EngineConfigShape = object({
  /** What people call it: it stands in records, metrics and pages, and is no part of a file name. */
  name: optional(engineName),
  params: record(KnobShape),
  objective: optional(oneOf(["minimize", "maximize"])),
  objectiveLabel: optional(ObjectiveLabel),
  seed: optional(whole(0, MAX_SEED)),
  guardrails: optional(GuardrailsShape),
  window: optional(Window),
  clock: optional(oneOf(["system", "manual"])),
  tickUs: optional(between(1000, 60 * SECOND_US)),
  placement: optional(oneOf(["inline", "worker"])),
  /** Becomes part of a file name. */
  runId: optional(runId),
  state: optional(path),
  resume: optional(oneOf(["last", "baseline", false])),
  gains: optional(Gains),
  safeMode: optional(SafeMode),
  comparison: optional(Comparison),
  homeostasis: optional(Homeostasis),
  variants: optional(Variants),
  learned: optional(LearnedShape),
  constraint: optional(boolean),
  covariate: optional(name),
  extras: optional(
    list(name, { expected: `at most ${MAX_EXTRAS} names`, holds: (names) => names.length <= MAX_EXTRAS }),
  ),
  telemetry: optional(Telemetry),
  audit: optional(Audit),
  journal: optional(Journal),
  startIsBaseline: optional(boolean),
  guard: optional(boolean),
  /** Watch whether the loop itself is stable. */
  stability: optional(boolean),
  /** Run analyses off the digest's path. */
  schedule: optional(either(boolean, Schedule)),
  /** What each may be is said where rules are read: only who has some loads that. */
  rules: optional(list(anything)),
  meta: optional(object({ depth: whole(0, 2) })),
})

/** What the shape lets through. */
export type EngineConfigInput = ShapeType<typeof EngineConfigShape>

/** A preset by name, or a preset with some numbers of one's own. */
export type GuardrailConfig = NonNullable<EngineConfigInput["guardrails"]>
