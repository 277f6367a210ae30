/** What a service says of a replica, and what can be wrong with it. */
import type { EngineConfig } from "../domain/Config.ts"
import type { Problem } from "../domain/errors.ts"
import type { KnobConfig } from "../domain/ParamSpace.ts"
import { problem } from "../domain/problems.ts"
import { tokenProblems, unknownOptions } from "./replicaProblems.ts"
import type { TraceReport, Transport } from "./transport.ts"

/** Options of `createReplica`. */
export interface ReplicaOptions<K extends string = string> {
  /** Name of the tuner. */
  readonly tuner: string
  /** Addresses of its owner, or a tuner in this process. */
  readonly at: ReadonlyArray<string> | { readonly transport: Transport }
  readonly token?: string | undefined
  /** Its own knobs: what it starts on, and what every answer is held against. */
  readonly params: Readonly<Record<K, KnobConfig>>
  readonly objective?: "minimize" | "maximize" | undefined
  /** Its own step limit comes from these. */
  readonly guardrails?: EngineConfig["guardrails"] | undefined
  /** The same after a restart. Default: another one at each start. */
  readonly name?: string | undefined
  readonly zone?: string | undefined
  readonly version?: string | undefined
  /** A span of your own tracing around each report. Default: none. */
  readonly trace?: TraceReport | undefined
  /** How long `start` waits for the first answer. Default 2000. */
  readonly startWithinMs?: number | undefined
}

/** Longer timers of JavaScript fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Whether requests can be sent there. */
export function isAddress(one: unknown): boolean {
  if (typeof one !== "string" || !/^https?:\/\//.test(one) || !URL.canParse(one)) return false
  const { username, password } = new URL(one)
  return username === "" && password === ""
}

/** Whether an optional text can be sent in a report. */
const isText = (text: unknown, least: number, most: number): boolean =>
  text === undefined || (typeof text === "string" && text.length >= least && text.length <= most)

const OPTIONS = [
  "tuner",
  "at",
  "token",
  "params",
  "objective",
  "guardrails",
  "name",
  "zone",
  "version",
  "trace",
  "startWithinMs",
] as const satisfies ReadonlyArray<keyof ReplicaOptions>

/** What is wrong with them, but for the knobs. */
export function replicaProblems(options: ReplicaOptions): ReadonlyArray<Problem> {
  const { tuner, at, token, name, zone, version, trace, startWithinMs = 0 } = options
  const addresses = Array.isArray(at) ? (at as ReadonlyArray<unknown>) : null
  const named = typeof tuner === "string" && tuner !== "" && tuner.length <= 128
  const transport =
    addresses === null && typeof (at as { transport?: unknown } | undefined)?.transport === "function"
  return [
    ...(named ? [] : [problem(["tuner"], "must be a name of 1 to 128 characters.")]),
    ...(transport || (addresses !== null && addresses.length > 0)
      ? []
      : [problem(["at"], "must be a list of addresses.", 'Give at: ["https://tuner.internal:7070"].')]),
    ...(addresses ?? []).flatMap((one, i) =>
      isAddress(one)
        ? []
        : [problem(["at", i], "must be an address without a user.", "Begin it with https:// or http://.")],
    ),
    ...(isText(name, 1, 128) ? [] : [problem(["name"], "must be a name of 1 to 128 characters.")]),
    ...(isText(zone, 0, 64) ? [] : [problem(["zone"], "must be a text of at most 64 characters.")]),
    ...(isText(version, 0, 64) ? [] : [problem(["version"], "must be a text of at most 64 characters.")]),
    ...(trace === undefined || typeof trace === "function"
      ? []
      : [problem(["trace"], "must be a function that calls what it is given.")]),
    ...tokenProblems(token),
    ...unknownOptions(options, OPTIONS),
    ...(typeof startWithinMs === "number" && startWithinMs >= 0 && startWithinMs <= LONGEST_TIMER_MS
      ? []
      : [problem(["startWithinMs"], `must be from 0 to ${LONGEST_TIMER_MS}.`)]),
  ]
}
