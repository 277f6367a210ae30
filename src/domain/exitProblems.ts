/** What a schema found wrong with an input, as problems below a path of its own. Needed wherever something is decoded that a person wrote. */
import type * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import type { Problem } from "./errors.ts"
import { problem, schemaProblems } from "./problems.ts"

/** What `Schema.decodeUnknownExit` gives back. */
type Decoded = ReturnType<ReturnType<typeof Schema.decodeUnknownExit>>

/** Empty where nothing was wrong. */
export function exitProblems(
  exit: Decoded,
  input: unknown,
  at: ReadonlyArray<string>,
): ReadonlyArray<Problem> {
  if (exit._tag === "Success") return []
  return exit.cause.reasons.flatMap((reason) =>
    reason._tag === "Fail" && SchemaIssue.isIssue(reason.error.issue)
      ? schemaProblems(reason.error.issue, input, at)
      : [problem(at, "could not be read.", "Hand over a plain object.")],
  )
}
