/** What a tuner of many replicas is made of, and everything that can be wrong with it. */
import {
  type CohortConfig,
  cohortProblems,
  cohortSettings,
  type CohortSettings,
  CohortShape,
} from "../cohort/cohortOptions.ts"
import { type EngineConfig, type EngineSettings, parseEngineConfig } from "../domain/Config.ts"
import { ConfigError, type Problem } from "../domain/errors.ts"
import { problem, tidy } from "../domain/problems.ts"
import { attempt } from "../domain/readInput.ts"
import { readShape } from "../domain/Shape.ts"
import type { AuditSink } from "../engine/audit/AuditSink.ts"
import { sinkProblems } from "../engine/audit/sinkProblems.ts"
import { optionsOf, tokenProblems, unknownOptions } from "./replicaProblems.ts"

/** What a tuner of many replicas is made of. */
export interface TunerOptions<K extends string = string> {
  readonly name: string
  /** As for `createEngine`: the knobs, the objective, the guardrails. */
  readonly engine: EngineConfig<K>
  /** How it works with its replicas. */
  readonly replicas?: CohortConfig
  /** Higher than that of every owner of this tuner before; 1 where there was none. */
  readonly epoch?: number
  /** What a report over HTTP must bring as its bearer token. */
  readonly token?: string | undefined
  /** Where its records go besides memory, as for `createEngine`. */
  readonly sinks?: ReadonlyArray<AuditSink>
  /** A folder of its own for where it stands and for its records. Needs Node. */
  readonly state?: string | undefined
}

const OPTIONS: ReadonlyArray<keyof TunerOptions> = [
  "name",
  "engine",
  "replicas",
  "epoch",
  "token",
  "sinks",
  "state",
]

/** Options of an engine that mean nothing to a tuner of replicas, or that it does not have yet. */
export const ABSENT = [
  "window",
  "covariate",
  "state",
  "journal",
  "resume",
  "learned",
  "homeostasis",
  "variants",
  "rules",
  "stability",
  "schedule",
  "meta",
  "placement",
] as const

const absentProblems = (engine: unknown): ReadonlyArray<Problem> =>
  typeof engine !== "object" || engine === null
    ? []
    : ABSENT.filter((option) => (engine as Record<string, unknown>)[option] !== undefined).map((option) =>
        problem(["engine", option], "is not available to a tuner of replicas.", "Leave it out."),
      )

/** The options as a tuner uses them. */
interface ReadOptions {
  readonly name: string
  readonly epoch: number
  readonly settings: EngineSettings
  readonly cohort: CohortSettings
  /** A sink keeps every bit, so the run can be decided again from its records. */
  readonly records: boolean
}

/** Throws a ConfigError that lists every problem of the options, and `more`. */
export function readTunerOptions(given: TunerOptions, more: ReadonlyArray<Problem>): ReadOptions {
  const options = optionsOf(given)
  const { name, engine, replicas = {}, epoch = 1 } = options
  const settings = parseEngineConfig(engine)
  const read = readShape(CohortShape, replicas, { at: ["replicas"] })
  const wrong: ReadonlyArray<Problem> = [
    ...(typeof name === "string" && name !== "" && name.length <= 128
      ? []
      : [problem(["name"], "must be a name of 1 to 128 characters.")]),
    ...(Number.isSafeInteger(epoch) && epoch >= 1
      ? []
      : [problem(["epoch"], "must be a whole number from 1.", "Take one more than the last owner had.")]),
    ...(settings instanceof ConfigError
      ? settings.problems.map((one) => ({
          ...one,
          path: one.path === "" ? "engine" : `engine.${one.path}`,
        }))
      : []),
    ...tokenProblems(options.token),
    ...(options.state === undefined || (typeof options.state === "string" && options.state !== "")
      ? []
      : [problem(["state"], "must be the path of a folder.")]),
    ...sinkProblems(options.sinks),
    ...more,
    ...unknownOptions(options, OPTIONS),
    ...(attempt(() => absentProblems(engine)) ?? []),
    ...(read.ok
      ? cohortProblems(
          read.value,
          settings instanceof ConfigError ? (read.value.shared ?? []) : settings.space.names,
          !(settings instanceof ConfigError) && settings.comparison !== null,
        )
      : read.problems),
  ]
  if (wrong.length > 0 || settings instanceof ConfigError || !read.ok)
    throw new ConfigError({ problems: tidy(wrong) })
  const exact = options.state !== undefined || options.sinks?.some((sink) => sink.exact === true) === true
  const records = exact && engine.audit?.digests !== false
  return { name, epoch, settings, cohort: cohortSettings(read.value), records }
}
