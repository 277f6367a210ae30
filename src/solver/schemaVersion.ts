/** The version of config, state and artifact that this build writes and reads, and what a document of a later one is told. */
import type { Problem } from "../domain/errors.ts"
import { problem } from "../domain/problems.ts"
import { objectOf } from "./plainData.ts"

export const SCHEMA_VERSION = 1

/** What a document of a later format gets, instead of complaints about every field that is new in it. */
export function versionProblem(value: unknown, path: ReadonlyArray<PropertyKey>): Problem | null {
  const version = objectOf(value)?.schema_version
  if (typeof version !== "number" || !Number.isInteger(version) || version <= SCHEMA_VERSION) return null
  return problem(
    [...path, "schema_version"],
    `is ${version}: written by a newer Arqon, this one reads up to ${SCHEMA_VERSION}.`,
    "Update arqon.",
  )
}
