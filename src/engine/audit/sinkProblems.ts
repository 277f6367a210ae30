/**
 * Whether what was given as audit sinks are some. One without a `close`, or that is no sink at all, would be noticed when the run
 * ends, or never end.
 */
import * as Effect from "effect/Effect"
import { ConfigError, type Problem } from "../../domain/errors.ts"
import { problem, show } from "../../domain/problems.ts"
import type { AuditSink } from "./AuditSink.ts"

const OWN = "A sink is { name, write, close }; openSqlite and openJsonLines of arqon/node make some."

/** The sinks, or a ConfigError that names everything wrong with them. */
export function checkedSinks(given: unknown): Effect.Effect<ReadonlyArray<AuditSink>, ConfigError> {
  const problems = sinkProblems(given)
  return problems.length > 0
    ? Effect.fail(new ConfigError({ problems }))
    : Effect.succeed((given ?? []) as ReadonlyArray<AuditSink>)
}

/** Everything wrong with what was given as sinks; nothing, where none were given. */
export function sinkProblems(given: unknown): ReadonlyArray<Problem> {
  if (given === undefined) return []
  return Array.isArray(given)
    ? given.flatMap((sink: unknown, i) => problemsOf(sink, i))
    : [problem(["sinks"], `must be a list of sinks, got ${show(given)}.`, OWN)]
}

function problemsOf(sink: unknown, index: number): ReadonlyArray<Problem> {
  const path = ["sinks", index]
  if (typeof sink !== "object" || sink === null) {
    return [problem(path, `must be a sink, got ${show(sink)}.`, OWN)]
  }
  const { name, write, close } = sink as Readonly<Record<string, unknown>>
  return [
    ...(typeof name === "string" && name !== ""
      ? []
      : [problem([...path, "name"], "must be a string: it names the sink in metrics and warnings.")]),
    ...(typeof write === "function"
      ? []
      : [problem([...path, "write"], "must be a function that takes a batch and returns an Effect.")]),
    ...(Effect.isEffect(close)
      ? []
      : [problem([...path, "close"], "must be an Effect.", "Use Effect.void if there is nothing to close.")]),
  ]
}
