/**
 * The documents of the solver as JSON Schema (draft 2020-12), for editors and for other languages, made from the very
 * shapes that read them. What no JSON Schema can say (min below max, one id a trial, parameters inside their bounds) is
 * checked on reading only: a file that these accept may still be refused, never the other way round.
 */
import type { About, Form, Rule } from "../src/domain/Shape.ts"
import { SolverConfigShape } from "../src/solver/configSchema.ts"
import { RunArtifactShape } from "../src/solver/RunArtifact.ts"
import { SCHEMA_VERSION } from "../src/solver/schemaVersion.ts"
import { SolverStateShape } from "../src/solver/SolverState.ts"

export interface SchemaFile {
  readonly file: string
  readonly text: string
}

type Json = Readonly<Record<string, unknown>>

export function schemaFiles(): ReadonlyArray<SchemaFile> {
  return [
    schemaFile("solver-config", SolverConfigShape),
    schemaFile("solver-state", SolverStateShape),
    schemaFile("run-artifact", RunArtifactShape),
  ]
}

function schemaFile(name: string, shape: Form): SchemaFile {
  const $defs: Record<string, Json> = {}
  const root = schemaOf(shape, $defs)
  const document = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: `urn:arqon:${name}:${SCHEMA_VERSION}`,
    ...root,
    $defs,
  }
  return { file: `${name}.schema.json`, text: `${JSON.stringify(document, null, 2)}\n` }
}

/** A shape as JSON Schema; shapes with a name go to `defs`. */
function schemaOf(form: Form, defs: Record<string, Json>): Json {
  const { about = {} } = form
  const { name, ...words } = about
  const schema = { ...plainSchemaOf(form, defs), ...words }
  if (name === undefined) return schema
  defs[name] = schema
  return { $ref: `#/$defs/${name}` }
}

function plainSchemaOf(form: Form, defs: Record<string, Json>): Json {
  switch (form.kind) {
    case "anything":
      return {}
    case "number":
    case "string":
    case "boolean":
    case "null":
      return { type: form.kind, ...("rule" in form ? keywordsOf(form.rule) : {}) }
    case "list":
      return { type: "array", items: schemaOf(form.item, defs), ...keywordsOf(form.rule) }
    case "record":
      return { type: "object", additionalProperties: schemaOf(form.of, defs), ...keywordsOf(form.rule) }
    case "object": {
      const fields = Object.entries(form.fields)
      const required = fields.filter(([, field]) => field.kind !== "optional").map(([key]) => key)
      return {
        type: "object",
        properties: Object.fromEntries(fields.map(([key, field]) => [key, schemaOf(field, defs)])),
        ...(required.length === 0 ? {} : { required }),
        additionalProperties: false,
        ...keywordsOf(form.rule),
      }
    }
    case "optional":
      return schemaOf(form.form, defs)
    case "word":
      return { type: typeof form.word, enum: [form.word] }
    case "either":
      return eitherOf(form.forms, defs)
  }
}

/** Words become one list. Of a shape or null the words of the shape are the field's, where editors look for them. */
function eitherOf(forms: ReadonlyArray<Form>, defs: Record<string, Json>): Json {
  const flat = forms.flatMap((one) => (one.kind === "either" && !areWords(one.forms) ? one.forms : [one]))
  if (flat.length > forms.length) return eitherOf(flat, defs)
  if (areWords(forms)) return { type: "string", enum: forms.map(({ word }) => word) }
  const others = forms.filter((one) => one.kind !== "null")
  if (others.length === forms.length || others.length > 1)
    return { anyOf: forms.map((one) => schemaOf(one, defs)) }
  const [only] = others
  const { name, ...shown }: About = only.about ?? {}
  if (name !== undefined) return { anyOf: [schemaOf(only, defs), { type: "null" }] }
  return { anyOf: [schemaOf({ ...only, about: {} }, defs), { type: "null" }], ...shown }
}

const areWords = (forms: ReadonlyArray<Form>): forms is ReadonlyArray<Extract<Form, { kind: "word" }>> =>
  forms.every(({ kind }) => kind === "word")

const keywordsOf = (rule: Rule<never> | null): Json => rule?.json ?? {}
