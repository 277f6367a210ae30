/**
 * What a user may ask of a fleet: the configuration that all its engines share, when they rest, and what they may do
 * together. Bad input gives one ConfigError with every problem in it.
 */
import { defaultAuditMemory, type EngineConfig, type EngineSettings, parseEngineConfig } from "./Config.ts"
import { ConfigError, type Problem } from "./errors.ts"
import { recordBytes, sizeProblems } from "./memory.ts"
import { problem, show, tidy, withExample } from "./problems.ts"
import { problemsOf, readTotally } from "./readInput.ts"
import { between, object, optional, record, type ShapeType, string, whole } from "./Shape.ts"
import { SECOND_US } from "./Units.ts"

/** Least time without a digest after which nothing of an engine's budgets is left to remember: see BudgetWindow. */
export const LEAST_PASSIVE_US = 64 * SECOND_US
const LONGEST_US = 365 * 24 * 3600 * SECOND_US

const name = string({
  expected: "1 to 64 letters, digits, dots, dashes and underscores",
  holds: (text) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text),
})

const Shared = object({
  /** Engines that may be in the midst of a cycle at once. */
  probing: optional(whole(1, 1_000_000)),
  /** Applies of all engines together in any second. */
  appliesPerSecond: optional(between(0.001, 1_000_000)),
})

const FleetOptionsShape = object({
  name: optional(name),
  shared: optional(record(Shared)),
  restAfterUs: optional(between(1, LONGEST_US)),
  passivateAfterUs: optional(between(LEAST_PASSIVE_US, LONGEST_US)),
  maxEngines: optional(whole(1, 10_000_000)),
  inbox: optional(whole(0, 1_000_000)),
  tickUs: optional(between(1000, 60 * SECOND_US)),
  auditMemory: optional(whole(1, 10_000_000)),
})

type FleetOptionsInput = ShapeType<typeof FleetOptionsShape>

/** The configuration of a fleet, as a user writes it. `docs/reference/fleet.md` lists every option. */
export interface FleetConfig<K extends string = string> extends FleetOptionsInput {
  /** What every engine of the fleet is: its knobs, its guardrails, its windows. */
  readonly engine: FleetEngineConfig<K>
}

/** The part of an engine's configuration that a fleet's engines have; the rest belongs to the fleet or to an engine alone. */
export type FleetEngineConfig<K extends string = string> = Pick<
  EngineConfig<K>,
  | "params"
  | "objective"
  | "objectiveLabel"
  | "seed"
  | "guardrails"
  | "window"
  | "gains"
  | "safeMode"
  | "constraint"
  | "covariate"
  | "extras"
  | "startIsBaseline"
  | "guard"
  | "rules"
  | "stability"
  | "clock"
>

/** What several engines may do together. */
export interface SharedSettings {
  readonly probing: number
  readonly appliesPerSecond: number
}

/** A checked configuration with every default filled in. */
export interface FleetSettings {
  readonly name: string
  readonly engine: EngineSettings
  readonly shared: ReadonlyMap<string, SharedSettings>
  /** Without a digest for so long an engine goes back to its base and is still. */
  readonly restAfterUs: number
  /** Without a digest for so long it is put away as a few numbers. */
  readonly passivateAfterUs: number
  readonly maxEngines: number
  /** Digests reported from within a callback that wait at most. */
  readonly inbox: number
  readonly tickUs: number
  readonly auditMemory: number
}

const ALONE = "Create an engine that needs it with createEngine."

/** Options of an engine that a fleet's engines do not have, and what to do instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  name: "Each engine of a fleet is named by its key. Give the fleet a `name`.",
  tickUs: "Give it to the fleet, beside `engine`.",
  runId: "Give the fleet a `name`; each engine's run is named after it and its key.",
  audit: "Give the fleet `auditMemory`, beside `engine`.",
  sinks: "Give them to the fleet, beside `engine`.",
  inspect: "A fleet's engines have no actors. Create the one to inspect with createEngine.",
  ...Object.fromEntries(
    [
      "comparison",
      "homeostasis",
      "variants",
      "state",
      "journal",
      "telemetry",
      "placement",
      "resume",
      "schedule",
      "meta",
    ].map((key) => [key, ALONE]),
  ),
}

/** The settings, or a ConfigError. Total: no input makes it throw. */
export function parseFleetConfig(input: unknown): FleetSettings | ConfigError {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return refuse([problem([], `must be an object, got ${show(input)}.`)])
  }
  const { engine, ...options } = input as { readonly engine?: unknown }
  const foreign = foreignProblems(engine)
  const settings = parseEngineConfig(withoutForeign(engine))
  const own = readTotally(FleetOptionsShape, options)
  const problems: ReadonlyArray<Problem> = [
    ...foreign,
    ...(settings instanceof ConfigError ? settings.problems.map(inEngine) : modeProblems(settings)),
    ...problemsOf(own),
    ...(settings instanceof ConfigError || !own.ok ? [] : memoryProblems(settings, own.value)),
  ]
  if (problems.length > 0 || settings instanceof ConfigError || !own.ok) return refuse(problems)
  return settingsOf(settings, own.value)
}

/** What is wrong with the engine's part of a configuration, with its place in the fleet's. */
export const inFleet = ({ problems }: ConfigError): ConfigError =>
  new ConfigError({ problems: problems.map(inEngine) })

const SMALLEST = "createFleet({ engine: { params: { concurrency: { min: 1, max: 64 } } } })"
const WHOLE = ["", "engine", "engine.params"]

const refuse = (problems: ReadonlyArray<Problem>): ConfigError =>
  new ConfigError({ problems: withExample(tidy(problems), WHOLE, SMALLEST) })

/** What an engine alone would need to begin with is not what is missing here. */
const inEngine = ({ path, message, suggestion }: Problem): Problem => {
  const at = path === "" ? "engine" : `engine.${path}`
  return suggestion === undefined || suggestion.includes("createEngine(")
    ? { path: at, message }
    : { path: at, message, suggestion }
}

function foreignProblems(engine: unknown): ReadonlyArray<Problem> {
  if (typeof engine !== "object" || engine === null) return []
  return Object.keys(engine)
    .filter((key) => key in ELSEWHERE)
    .map((key) => problem(["engine", key], "is not an option of a fleet's engines.", ELSEWHERE[key]))
}

function withoutForeign(engine: unknown): unknown {
  if (typeof engine !== "object" || engine === null || Array.isArray(engine)) return engine
  return Object.fromEntries(Object.entries(engine).filter(([key]) => !(key in ELSEWHERE)))
}

/** Bytes of a digest that waits in the inbox, in numbers. */
const WAITING_BYTES = 300

function memoryProblems({ space }: EngineSettings, options: FleetOptionsInput): ReadonlyArray<Problem> {
  const { size } = space.table
  const beside = `${size} ${size === 1 ? "knob" : "knobs"}`
  return [
    ...sizeProblems(["auditMemory"], options.auditMemory, recordBytes(size), beside),
    ...sizeProblems(["inbox"], options.inbox, WAITING_BYTES, "a digest each"),
  ]
}

function modeProblems({ safeMode }: EngineSettings): ReadonlyArray<Problem> {
  return safeMode.exit === "objectiveRecovery"
    ? [
        problem(
          ["engine", "safeMode", "exit"],
          "cannot be objectiveRecovery in a fleet.",
          'Use "timer" or "manualReset".',
        ),
      ]
    : []
}

/** Windows that may go by in silence before an engine rests: fewer than lost telemetry needs to open SafeMode. */
const QUIET_WINDOWS = 2

function settingsOf(engine: EngineSettings, options: FleetOptionsInput): FleetSettings {
  const { windowUs } = engine.window
  return {
    name: options.name ?? "fleet",
    engine,
    shared: new Map(
      Object.entries(options.shared ?? {}).map(([group, { probing, appliesPerSecond }]) => [
        group,
        { probing: probing ?? 1, appliesPerSecond: appliesPerSecond ?? 1_000_000 },
      ]),
    ),
    restAfterUs: options.restAfterUs ?? QUIET_WINDOWS * windowUs,
    passivateAfterUs: Math.max(options.passivateAfterUs ?? 5 * 60 * SECOND_US, LEAST_PASSIVE_US),
    maxEngines: options.maxEngines ?? 1_000_000,
    inbox: options.inbox ?? 1024,
    tickUs: options.tickUs ?? SECOND_US / 10,
    auditMemory: options.auditMemory ?? defaultAuditMemory(engine.space.table.size),
  }
}
