/**
 * The documents of the solver as JSON Schema (draft 2020-12), for editors and for other languages, made from the very
 * schemas that read them. What no JSON Schema can say (min below max, one id a trial, parameters inside their bounds) is
 * checked on reading only: a file that these accept may still be refused, never the other way round.
 */
import * as Schema from "effect/Schema"
import { SolverConfigSchema } from "../src/solver/configSchema.ts"
import { SCHEMA_VERSION } from "../src/solver/fields.ts"
import { RunArtifactSchema } from "../src/solver/RunArtifact.ts"
import { SolverStateSchema } from "../src/solver/SolverState.ts"

export interface SchemaFile {
  readonly file: string
  readonly text: string
}

type Json = Readonly<Record<string, unknown>>

/** Fields of any shape, which the generator leaves without a word. */
const ANY: Json = {
  max_delta: "An option of the live engine: read with a warning, without effect.",
  cooldown_steps: "An option of the live engine: read with a warning, without effect.",
  batch: "Whatever else a result carried. Not read, not kept.",
  metadata: "Whatever else a result carried. Not read, not kept.",
}

export function schemaFiles(): ReadonlyArray<SchemaFile> {
  return [
    schemaFile("solver-config", SolverConfigSchema),
    schemaFile("solver-state", SolverStateSchema),
    schemaFile("run-artifact", RunArtifactSchema),
  ]
}

function schemaFile(name: string, schema: Schema.Constraint): SchemaFile {
  const { schema: root, definitions } = Schema.toJsonSchemaDocument(schema, { onExcessProperty: "error" })
  const document = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: `urn:arqon:${name}:${SCHEMA_VERSION}`,
    ...root,
    $defs: definitions,
  }
  return { file: `${name}.schema.json`, text: `${JSON.stringify(tidied(document), null, 2)}\n` }
}

/** Where a field may be left out, its description moves from the one branch to the field, where editors look for it. */
function tidied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidied)
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, tidied(inner)] as const)
  const made: Json = Object.fromEntries(
    entries.map(([key, inner]) => [
      key,
      key === "properties" ? described(inner as Readonly<Record<string, Json>>) : inner,
    ]),
  )
  return Array.isArray(made.anyOf) ? branched(made, made.anyOf as ReadonlyArray<Json>) : made
}

function branched(schema: Json, branches: ReadonlyArray<Json>): Json {
  const plain = branches.filter((one) => one.type !== "null")
  if (plain.length === branches.length) return schema
  if (plain.length !== 1) return { ...schema, anyOf: [...plain, { type: "null" }] }
  if (Object.keys(plain[0]).length === 0) return {}
  const { title, description, default: usual, ...rest } = plain[0]
  const words = Object.entries({ title, description, default: usual }).filter((one) => one[1] !== undefined)
  return { ...schema, ...Object.fromEntries(words), anyOf: [rest, { type: "null" }] }
}

function described(properties: Readonly<Record<string, Json>>): Json {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [
      name,
      Object.keys(schema).length === 0 && name in ANY ? { description: ANY[name] } : schema,
    ]),
  )
}
