/**
 * What a user may ask of an engine, as a shape, and the settings that follow once it has been checked. Needed at every
 * door through which a configuration comes in: createEngine, Engine.make, the command line. Bad input gives one
 * ConfigError with every problem in it; nothing is guessed and nothing is repaired in silence.
 */
import { guardrailProblems } from "./guardrailConfig.ts"
import { paramProblems } from "./ParamSpace.ts"
import { sizeProblems } from "./memory.ts"
import { BACKPRESSURE, DROP_OLDEST, MEAN, MEDIAN, TRIMMED_MEAN } from "../hot/codes.ts"
import type { WindowNumbers } from "../hot/WindowAccumulator.ts"
import { type EngineConfigInput, EngineConfigShape } from "./configSchema.ts"
import { ConfigError, type Problem } from "./errors.ts"
import { type Learned, otherRange } from "./Learned.ts"
import { type KnobConfig, makeParamSpace, type ParamSpace } from "./ParamSpace.ts"
import { MOST_BYTES, recordBytes, regimeBytes, ringRecordBytes } from "./memory.ts"
import { problem, show, tidy, withExample } from "./problems.ts"
import { attempt, unreadable } from "./readInput.ts"
import type { RuleInput } from "./Rule.ts"
import { readShape } from "./Shape.ts"
import { MILLISECOND_US, SECOND_US } from "./Units.ts"
import type { GuardrailConfig } from "./configSchema.ts"

/** The configuration of an engine, as a user writes it. `docs/reference/configuration.md` lists every option. */
export type EngineConfig<K extends string = string> = Omit<EngineConfigInput, "params" | "rules"> & {
  readonly params: Readonly<Record<K, KnobConfig>>
  readonly rules?: ReadonlyArray<RuleInput> | undefined
}

/** A checked configuration with every default filled in. */
export interface EngineSettings {
  /** What people call it; null where nobody named it. */
  readonly name: string | null
  readonly space: ParamSpace
  readonly objective: "minimize" | "maximize"
  /** What people call the objective, and its unit; a page shows both. */
  readonly objectiveLabel: NonNullable<EngineConfigInput["objectiveLabel"]>
  readonly seed: number
  readonly guardrails: GuardrailConfig
  readonly window: WindowNumbers
  readonly clock: "system" | "manual"
  readonly tickUs: number
  /** Whether the engine runs in the thread that makes it, or in a worker. */
  readonly placement: "inline" | "worker"
  /** Name of the run, or null to have one made. */
  readonly runId: string | null
  /** Directory for what is kept on disk, or null for memory only. */
  readonly state: string | null
  /** Where an engine begins whose state directory knows of an earlier run. */
  readonly resume: NonNullable<EngineConfigInput["resume"]>
  /** How it is kept there. */
  readonly journal: NonNullable<EngineConfigInput["journal"]>
  readonly gains: NonNullable<EngineConfigInput["gains"]>
  readonly safeMode: NonNullable<EngineConfigInput["safeMode"]>
  /** How the tuned configuration is compared with the baseline, or null: it is not. */
  readonly comparison: NonNullable<EngineConfigInput["comparison"]> | null
  /** How regimes are remembered and gone back to, or null: they are not. */
  readonly homeostasis: NonNullable<EngineConfigInput["homeostasis"]> | null
  /** How variants are chosen, or null: they are not. */
  readonly variants: NonNullable<EngineConfigInput["variants"]> | null
  /** What an earlier engine has learned; null: it begins with nothing. */
  readonly learned: Learned | null
  /** Whether constraint margins steer the cycle. */
  readonly constraint: boolean
  /** The channel whose effect on the objective is taken out; null: none. */
  readonly covariate: string | null
  /** Names of the extra channels of a digest, in order. */
  readonly extras: ReadonlyArray<string>
  /** Of the lanes on which digests go to a worker. */
  readonly laneCapacity: number
  readonly laneOverflow: number
  readonly auditCapacity: number
  /** Records that the memory sink keeps; older ones make room. */
  readonly auditMemory: number
  readonly auditDigests: boolean
  readonly startIsBaseline: boolean
  /** Whether the runaway guard may take the plant back to its baseline. */
  readonly guard: boolean
  /** Whether the stability of the loop is watched. */
  readonly stability: boolean
  /** Whether, and how, analyses run off the digest's path. */
  readonly schedule: NonNullable<EngineConfigInput["schedule"]>
  /** Rules that hold at every digest; null: none. Not checked here. */
  readonly rules: ReadonlyArray<unknown> | null
  /** How many levels tune the tuning rule's gains; absent: none. */
  readonly meta: NonNullable<EngineConfigInput["meta"]> | null
}

const AGGREGATES = { trimmedMean: TRIMMED_MEAN, median: MEDIAN, mean: MEAN } as const
const OVERFLOWS = { dropOldest: DROP_OLDEST, backpressure: BACKPRESSURE } as const

/** Memory that the audit ring takes at most by default. */
const AUDIT_RING_BYTES = 4 * 1024 * 1024
const DEFAULT_AUDIT_CAPACITY = 4096
const LEAST_AUDIT_CAPACITY = 64
const DEFAULT_AUDIT_MEMORY = 10_000

/** The settings, or a ConfigError. Total: no input makes it throw. */
export function parseEngineConfig(input: unknown): EngineSettings | ConfigError {
  const tried = attempt(() => ({ read: readShape(EngineConfigShape, input), cross: crossProblems(input) }))
  if (tried === null) return new ConfigError({ problems: [unreadable()] })
  const { read, cross } = tried
  if (read.ok && cross.length === 0) return settingsOf(read.value)
  // Where both found something at one place, the second knows more of what was meant.
  const found = read.ok ? [] : read.problems
  const rest = found.filter((one) => !cross.some((other) => other.path === one.path))
  return new ConfigError({ problems: withExample(tidy([...rest, ...cross]), ["", "params"], SMALLEST) })
}

const SMALLEST = "createEngine({ params: { concurrency: { min: 1, max: 64 } } })"

/** As `parseEngineConfig`, for those who want an exception. */
export function requireEngineConfig(input: unknown): EngineSettings {
  const settings = parseEngineConfig(input)
  if (settings instanceof ConfigError) throw settings
  return settings
}

/** What no single field can show. Runs on raw input, so that it can report beside the shape's own problems. */
function crossProblems(input: unknown): ReadonlyArray<Problem> {
  const config = record(input)
  if (config === null) return []
  const problems: Array<Problem> = [...paramProblems(config.params)]
  if (config.audit === "off" || config.audit === false || config.audit === null) {
    problems.push(
      problem(
        ["audit"],
        "cannot be switched off: every decision of a live engine is recorded.",
        "Leave it out, or bound it with audit: { memory: 1000 }.",
      ),
    )
  }
  const needsState = (option: string, lacking: string): Problem =>
    problem([option], `needs \`state\`: there is no ${lacking}.`, 'Give it a directory: state: "./state".')
  if (config.state === undefined) {
    if (record(config.journal) !== null) problems.push(needsState("journal", "journal to keep"))
    if (config.resume !== undefined) problems.push(needsState("resume", "saved run to resume"))
  }
  problems.push(
    ...guardrailProblems(config.guardrails),
    ...relocationProblems(config),
    ...memoryProblems(config),
  )
  problems.push(...covariateProblems(config))
  const extras = config.extras
  if (Array.isArray(extras)) {
    extras.forEach((name, i) => {
      if (typeof name !== "string") return
      if (extras.indexOf(name) !== i)
        problems.push(problem(["extras", i], `repeats ${show(name)}.`, "Name every channel once."))
      if (RESERVED_CHANNELS.includes(name))
        problems.push(problem(["extras", i], `${show(name)} is a built-in channel.`, "Choose another name."))
    })
  }
  return problems
}

/** Sizes that are fine by themselves and not with so many knobs. */
function memoryProblems(config: Record<string, unknown>): ReadonlyArray<Problem> {
  const knobs = Object.keys(record(config.params) ?? {}).length
  const beside = `${knobs} ${knobs === 1 ? "knob" : "knobs"}`
  const audit = record(config.audit)
  return [
    ...sizeProblems(["audit", "capacity"], audit?.capacity, ringRecordBytes(knobs), beside),
    ...sizeProblems(["audit", "memory"], audit?.memory, recordBytes(knobs), beside),
    ...sizeProblems(
      ["homeostasis", "capacity"],
      record(config.homeostasis)?.capacity,
      regimeBytes(knobs),
      beside,
    ),
  ]
}

/** The only channel that may be a covariate beside the extras: what the configuration makes is none. */
const LOAD_CHANNEL = "throughputRps"

function covariateProblems({ covariate, extras }: Record<string, unknown>): ReadonlyArray<Problem> {
  if (typeof covariate !== "string") return []
  const own: ReadonlyArray<unknown> = Array.isArray(extras) ? extras : []
  const known = [LOAD_CHANNEL, ...own.filter((one) => typeof one === "string")]
  if (known.includes(covariate)) return []
  const message = `${show(covariate)} is not a channel that can be a covariate.`
  return [problem(["covariate"], message, `Name one of ${known.join(", ")}, or add it to extras.`)]
}

/** Channels that a window has without being told. */
const CONTEXT_CHANNELS: ReadonlyArray<string> = ["throughputRps", "errorRate", "latencyP99Us"]

/** Channels that nobody reports, a canary that may not end, and what was learned of something else. */
function relocationProblems(config: Record<string, unknown>): ReadonlyArray<Problem> {
  const own = record(config.homeostasis)
  const extras: ReadonlyArray<unknown> = Array.isArray(config.extras) ? config.extras : []
  const known = [...CONTEXT_CHANNELS, ...extras.filter((name) => typeof name === "string")]
  const features: ReadonlyArray<unknown> = Array.isArray(own?.features) ? own.features : []
  const problems = features.flatMap((name, i) =>
    typeof name !== "string" || known.includes(name)
      ? []
      : [
          problem(
            ["homeostasis", "features", i],
            `${show(name)} is not a channel of the digests.`,
            `Name one of ${known.join(", ")}, or add it to extras.`,
          ),
        ],
  )
  const { canary, canaryDeadline } = own ?? {}
  if (isNumber(canaryDeadline) && canaryDeadline < (isNumber(canary) ? canary : DEFAULT_CANARY))
    problems.push(
      problem(
        ["homeostasis", "canaryDeadline"],
        "ends a canary before it can decide.",
        "Make it at least canary.",
      ),
    )
  const learned = record(config.learned)
  const names = Object.keys(record(config.params) ?? {}).sort((a, b) => (a < b ? -1 : 1))
  const knobs = learned?.knobs
  const fits =
    learned === null ||
    !Array.isArray(knobs) ||
    (knobs.length === names.length && knobs.every((knob, i) => knob === names[i]))
  if (!fits) problems.push(problem(["learned", "knobs"], "do not match params.", "Leave learned out."))
  const ranges: ReadonlyArray<unknown> | undefined = Array.isArray(learned?.ranges)
    ? learned.ranges
    : undefined
  const params = record(config.params)
  const now = names.map((name) => record(params?.[name]) ?? {})
  const other = fits
    ? otherRange(
        names,
        ranges?.map((range) => record(range) ?? {}),
        now,
      )
    : null
  if (other !== null)
    problems.push(problem(["learned", "ranges"], `have changed: ${other}.`, "Leave learned out."))
  return problems
}

/** Windows at the destination before a canary may speak: the default of `homeostasis.canary`. */
const DEFAULT_CANARY = 6

/** Fields of a digest that an extra channel must not be named like. */
export const RESERVED_CHANNELS: ReadonlyArray<string> = [
  "timestampUs",
  "generation",
  "objective",
  "latencyP99Us",
  "throughputRps",
  "errorRate",
  "constraintMargin",
  "extras",
]

function settingsOf(config: EngineConfigInput): EngineSettings {
  const space = makeParamSpace(config.params)
  const windowUs = config.window?.us ?? 500 * MILLISECOND_US
  return {
    name: config.name ?? null,
    space,
    objective: config.objective ?? "minimize",
    objectiveLabel: config.objectiveLabel ?? {},
    seed: config.seed ?? 0,
    guardrails: config.guardrails ?? "balanced",
    window: {
      windowDigests: config.window?.digests ?? 5,
      windowUs,
      settleUs: config.window?.settleUs ?? 10 * MILLISECOND_US,
      maxAgeUs: config.window?.maxAgeUs ?? Math.max(SECOND_US, 2 * windowUs),
      aggregate: AGGREGATES[config.window?.aggregate ?? "trimmedMean"],
      trim: config.window?.trim ?? 0.1,
    },
    clock: config.clock ?? "system",
    tickUs: config.tickUs ?? 20 * MILLISECOND_US,
    placement: config.placement ?? "inline",
    runId: config.runId ?? null,
    state: config.state ?? null,
    resume: config.resume ?? "last",
    journal: config.journal ?? {},
    gains: config.gains ?? {},
    safeMode: config.safeMode ?? {},
    comparison: config.comparison ?? null,
    homeostasis: config.homeostasis ?? null,
    variants: config.variants ?? null,
    learned: config.learned ?? null,
    constraint: config.constraint ?? true,
    covariate: config.covariate ?? null,
    extras: config.extras ?? [],
    laneCapacity: config.telemetry?.capacity ?? 1024,
    laneOverflow: OVERFLOWS[config.telemetry?.overflow ?? "dropOldest"],
    auditCapacity: config.audit?.capacity ?? defaultAuditCapacity(space.table.size),
    auditMemory: config.audit?.memory ?? defaultAuditMemory(space.table.size),
    auditDigests: config.audit?.digests ?? config.state !== undefined,
    startIsBaseline: config.startIsBaseline ?? true,
    guard: config.guard ?? true,
    stability: config.stability ?? false,
    schedule: config.schedule ?? false,
    rules: config.rules?.length ? config.rules : null,
    meta: config.meta ?? null,
  }
}

const wordAt = <T extends Record<string, number>>(words: T, code: number): keyof T & string =>
  Object.keys(words).find((word) => words[word] === code) as keyof T & string

/** The options that were given, of those that are null where they are not. */
const given = (settings: EngineSettings, ...names: ReadonlyArray<keyof EngineSettings>): object =>
  Object.fromEntries(names.map((name) => [name, settings[name]]).filter(([, value]) => value !== null))

/** The configuration that these settings follow from, every default spelled out: JSON that makes the same engine again. */
export function configOf(settings: EngineSettings): EngineConfig {
  const { space, window, state } = settings
  return {
    ...given(settings, "name"),
    params: Object.fromEntries(space.names.map((name, i) => [name, space.knobs[i]])),
    objective: settings.objective,
    ...(Object.keys(settings.objectiveLabel).length === 0 ? {} : { objectiveLabel: settings.objectiveLabel }),
    seed: settings.seed,
    guardrails: settings.guardrails,
    window: {
      digests: window.windowDigests,
      us: window.windowUs,
      settleUs: window.settleUs,
      maxAgeUs: window.maxAgeUs,
      aggregate: wordAt(AGGREGATES, window.aggregate),
      trim: window.trim,
    },
    clock: settings.clock,
    tickUs: settings.tickUs,
    ...(settings.placement === "inline" ? {} : { placement: settings.placement }),
    ...given(settings, "runId"),
    ...(state === null ? {} : { state, resume: settings.resume, journal: settings.journal }),
    gains: settings.gains,
    safeMode: settings.safeMode,
    ...given(settings, "comparison", "homeostasis", "variants", "learned"),
    constraint: settings.constraint,
    ...given(settings, "covariate"),
    extras: settings.extras,
    telemetry: { capacity: settings.laneCapacity, overflow: wordAt(OVERFLOWS, settings.laneOverflow) },
    audit: {
      capacity: settings.auditCapacity,
      memory: settings.auditMemory,
      digests: settings.auditDigests,
    },
    startIsBaseline: settings.startIsBaseline,
    guard: settings.guard,
    stability: settings.stability,
    schedule: settings.schedule,
    ...given(settings, "rules"),
    ...given(settings, "meta"),
  }
}

/** 4,096 records, or as many as fit 4 MiB when there are many knobs. */
function defaultAuditCapacity(knobs: number): number {
  return Math.max(
    LEAST_AUDIT_CAPACITY,
    Math.min(DEFAULT_AUDIT_CAPACITY, Math.floor(AUDIT_RING_BYTES / ringRecordBytes(knobs))),
  )
}

/** 10,000 records, or as many as an option may ask for when there are many knobs. */
export const defaultAuditMemory = (knobs: number): number =>
  Math.min(DEFAULT_AUDIT_MEMORY, Math.floor(MOST_BYTES / recordBytes(knobs)))

function record(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && !Number.isNaN(value)
}
