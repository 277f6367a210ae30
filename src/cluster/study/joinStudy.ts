/** How a program finds a shared study, or makes it: its options checked against what the study was made with. */
import * as Effect from "effect/Effect"
import type * as SqlClient from "effect/sql/SqlClient"
import { ConfigError, type Problem } from "../../domain/errors.ts"
import { problem } from "../../domain/problems.ts"
import { unknownOptions } from "../../replica/replicaProblems.ts"
import type { SolverInput } from "../../solver/createSolver.ts"
import { parseSolverConfig, type SolverConfig } from "../../solver/SolverConfig.ts"
import { EXTRA_STRATEGIES } from "../../solver/strategies/extraStrategies.ts"
import { STRATEGIES } from "../../solver/strategies/catalogue.ts"
import type { StrategyDefinition } from "../../solver/Strategy.ts"
import { storageFailure } from "../storageFailure.ts"
import { storageProblems } from "../storageProblems.ts"
import type { Storage } from "../Storage.ts"
import { StudyError } from "./StudyError.ts"
import { type StudyRow, StudyStore } from "./StudyStore.ts"

/** Which study, and how this worker takes part in it. */
export interface StudyOptions {
  readonly storage: Storage
  /** 1 to 200 characters. */
  readonly name: string
  /** Makes the study where there is none; where there is one, it must be the same. */
  readonly config?: SolverInput
  /** How long a trial stays with a worker that is not heard of, ms; 60,000 when the study is made. */
  readonly leaseMs?: number
  /** How often a trial whose worker was lost is given to another before it counts as failed; 2 when the study is made. */
  readonly retries?: number
  /** How the log and `show` call this worker; a part of its own follows. */
  readonly worker?: string
  /** Where it runs, for `show`. */
  readonly about?: string
  /** Strategies of your own. Every worker needs those that the study names. */
  readonly strategies?: ReadonlyArray<StrategyDefinition>
}

const OPTIONS = [
  "storage",
  "name",
  "config",
  "leaseMs",
  "retries",
  "worker",
  "about",
  "strategies",
] as const satisfies ReadonlyArray<keyof StudyOptions>

/** What is wrong with the options before anything is opened. */
export const studyProblems = (options: StudyOptions): ReadonlyArray<Problem> => [
  ...storageProblems(options.storage),
  ...(typeof options.name === "string"
    ? []
    : [problem(["name"], `must be a text of 1 to ${LONGEST_NAME} characters.`)]),
  ...unknownOptions(options, OPTIONS),
]

export interface Joined {
  readonly name: string
  readonly config: SolverConfig
  readonly leaseMs: number
  readonly retries: number
  readonly worker: string
  readonly about: string
  readonly strategies: ReadonlyArray<StrategyDefinition>
}

const LEASE_MS = 60_000
const SHORTEST_LEASE_MS = 100
const LONGEST_LEASE_MS = 86_400_000
const RETRIES = 2
const LONGEST_NAME = 200

/** Of a storage that is open already its name is enough. */
export type JoinOptions = Omit<StudyOptions, "storage"> & { readonly storage: { readonly name: string } }

export const joinStudy = (sql: SqlClient.SqlClient, options: JoinOptions) =>
  Effect.gen(function* () {
    const { name, worker = "worker", about = "" } = options
    const strategies = [...(options.strategies ?? []), ...EXTRA_STRATEGIES]
    const wrong = optionProblem(options)
    if (wrong !== null) return yield* new StudyError({ reason: "badOptions", study: name, detail: wrong })
    const wanted = options.config === undefined ? null : parseSolverConfig(options.config, strategies)
    if (wanted instanceof ConfigError) return yield* wanted
    const row: StudyRow | null =
      wanted === null
        ? null
        : {
            config: JSON.stringify(wanted.config),
            leaseMs: options.leaseMs ?? LEASE_MS,
            retries: options.retries ?? RETRIES,
          }
    const found = yield* Effect.mapError(new StudyStore(sql, name).open(row), (cause) =>
      storageFailure(options.storage.name, cause),
    )
    if (found === null)
      return yield* new StudyError({
        reason: "unknown",
        study: name,
        detail: `${options.storage.name} has no study of this name. Pass \`config\` to make it, or run \`arqon study create\`.`,
      })
    const begun = JSON.parse(found.config) as SolverConfig
    const changed = changes(begun, wanted?.config ?? null, found, options)
    if (changed.length > 0)
      return yield* new StudyError({
        reason: "otherConfig",
        study: name,
        detail: `it was made with another configuration (${changed.join("; ")}). Leave it out to take part, or take another name.`,
      })
    if (![...strategies, ...STRATEGIES].some((one) => one.name === begun.strategy))
      return yield* new StudyError({
        reason: "lacksStrategy",
        study: name,
        detail: `it uses the strategy ${JSON.stringify(begun.strategy)}, which this program does not have. Add its definition to \`strategies\`.`,
      })
    const joined: Joined = {
      name,
      config: begun,
      leaseMs: found.leaseMs,
      retries: found.retries,
      worker: `${worker}-${globalThis.crypto.randomUUID().slice(0, 8)}`,
      about,
      strategies,
    }
    return joined
  })

function optionProblem({ name, leaseMs, retries }: JoinOptions): string | null {
  if (typeof name !== "string" || name.trim() === "" || name.length > LONGEST_NAME)
    return `name must be a text of 1 to ${LONGEST_NAME} characters.`
  if (
    leaseMs !== undefined &&
    !(Number.isInteger(leaseMs) && leaseMs >= SHORTEST_LEASE_MS && leaseMs <= LONGEST_LEASE_MS)
  )
    return `leaseMs must be a whole number from ${SHORTEST_LEASE_MS} to ${LONGEST_LEASE_MS}, got ${leaseMs}.`
  if (retries !== undefined && !(Number.isInteger(retries) && retries >= 0 && retries <= 100))
    return `retries must be a whole number from 0 to 100, got ${retries}.`
  return null
}

/** What differs from what the study was made with, in words. */
function changes(
  begun: SolverConfig,
  wanted: SolverConfig | null,
  row: StudyRow,
  options: JoinOptions,
): ReadonlyArray<string> {
  const differ = (name: string, was: unknown, is: unknown): ReadonlyArray<string> => {
    const [a, b] = [JSON.stringify(was) ?? "nothing", JSON.stringify(is) ?? "nothing"]
    if (a === b) return []
    return [a.length + b.length > 80 ? `${name} differs` : `${name}: ${a} there, ${b} here`]
  }
  const before: Readonly<Record<string, unknown>> = { ...begun }
  const now: Readonly<Record<string, unknown>> = { ...wanted }
  const keys = wanted === null ? [] : [...new Set([...Object.keys(before), ...Object.keys(now)])]
  return [
    ...keys.flatMap((key) => differ(key, before[key], now[key])),
    ...(options.leaseMs === undefined ? [] : differ("leaseMs", row.leaseMs, options.leaseMs)),
    ...(options.retries === undefined ? [] : differ("retries", row.retries, options.retries)),
  ]
}
