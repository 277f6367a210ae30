/**
 * The kinds of fields that the documents of the solver are made of. Each knows what was expected in words, for the
 * problems of a refused document, and as JSON Schema, for the files in `schemas/`.
 */
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import type { Problem } from "../domain/errors.ts"
import { problem, schemaProblems } from "../domain/problems.ts"
import { record } from "./plainData.ts"

/** Versions of config, state and artifact that this build writes and reads. */
export const SCHEMA_VERSION = 1

/** A whole number that a double holds exactly. */
export const whole = (minimum: number, maximum: number) =>
  Schema.Finite.check(
    Schema.makeFilter((n: number) => Number.isSafeInteger(n) && n >= minimum && n <= maximum, {
      expected: `a whole number from ${minimum} to ${maximum}`,
      toJsonSchema: () => ({ type: "integer", minimum, maximum }),
    }),
  )

export const between = (minimum: number, maximum: number) =>
  Schema.Finite.check(
    Schema.makeFilter((n: number) => n >= minimum && n <= maximum, {
      expected: `a number from ${minimum} to ${maximum}`,
      toJsonSchema: () => ({ minimum, maximum }),
    }),
  )

export const above0 = Schema.Finite.check(
  Schema.makeFilter((n: number) => n > 0, {
    expected: "a number above 0",
    toJsonSchema: () => ({ exclusiveMinimum: 0 }),
  }),
)

export const text = (longest: number) =>
  Schema.String.check(
    Schema.makeFilter((s: string) => s.length <= longest, {
      expected: `a text of at most ${longest} characters`,
      toJsonSchema: () => ({ maxLength: longest }),
    }),
  )

/** A field that may be left out; null means the same, since other languages write it so. */
export const optional = <S extends Schema.Constraint>(schema: S) => Schema.optional(Schema.NullOr(schema))

/** How documents are decoded: every problem at once, and no key that is not known. */
export const exact = { errors: "all", onExcessProperty: "error" } as const

/** As much of a failed decode as its problems need. */
interface Failed {
  readonly cause: {
    readonly reasons: ReadonlyArray<{ readonly _tag: string; readonly error?: { readonly issue: unknown } }>
  }
}

/** The problems of a failed decode of `input`, which lies at `path` of its document. */
export function failureProblems(
  exit: Failed,
  input: unknown,
  path: ReadonlyArray<PropertyKey>,
): ReadonlyArray<Problem> {
  return exit.cause.reasons.flatMap((reason) => {
    const issue = reason.error?.issue
    return SchemaIssue.isIssue(issue)
      ? schemaProblems(issue, input, path)
      : [problem(path, "could not be read.")]
  })
}

/** What a document of a later format gets to hear, instead of complaints about every field that is new in it. */
export function versionProblem(value: unknown, path: ReadonlyArray<PropertyKey>): Problem | null {
  const version = record(value)?.schema_version
  if (typeof version !== "number" || !Number.isInteger(version) || version <= SCHEMA_VERSION) return null
  return problem(
    [...path, "schema_version"],
    `is ${version}: written by a newer Arqon, this one reads up to ${SCHEMA_VERSION}.`,
    "Update arqon.",
  )
}
