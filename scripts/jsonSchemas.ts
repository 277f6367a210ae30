/**
 * Every JSON document that a reader of Arqon takes, reports of replicas and their answers among them, as JSON Schema (draft-07, which
 * all editors know), made from the very shapes that read them, and the catalogue entries that SchemaStore wants of them. What no
 * JSON Schema can say (min below max, one id a trial, parameters inside their bounds) is checked on reading only: a document that
 * these accept may still be refused, never the other way round.
 */
import { FleetAnswerShape, FleetReportShape } from "../src/cohort/keyProtocol.ts"
import { AnswerShape, ReportShape } from "../src/cohort/protocol.ts"
import type { About, Form, Rule } from "../src/domain/Shape.ts"
import { SolverConfigShape } from "../src/solver/configSchema.ts"
import { RunArtifactShape } from "../src/solver/RunArtifact.ts"
import { EXTRA_NAMES, STRATEGIES } from "../src/solver/strategies/catalogue.ts"
import { SolverStateShape } from "../src/solver/SolverState.ts"
import { VariantContentDocument, VariantEvidenceDocument } from "./variantDocuments.ts"

export interface SchemaFile {
  readonly file: string
  readonly text: string
}

type Json = Readonly<Record<string, unknown>>

interface Schema {
  /** Its file, and its address once it is published. */
  readonly name: string
  readonly shape: Form
  /** What SchemaStore and editors call it. */
  readonly title: string
  /** Files that are of this kind by their name alone. */
  readonly fileMatch: ReadonlyArray<string>
  /** Values that an editor offers for a field that takes others too. */
  readonly examples?: Readonly<Record<string, ReadonlyArray<string>>>
}

const SCHEMAS: ReadonlyArray<Schema> = [
  {
    name: "solver-config",
    shape: SolverConfigShape,
    title: "Arqon solver configuration",
    fileMatch: ["arqon.json", "*.arqon.json"],
    examples: { strategy: ["auto", ...[...STRATEGIES, ...EXTRA_NAMES].map(({ name }) => name)] },
  },
  {
    name: "solver-state",
    shape: SolverStateShape,
    title: "Arqon solver state",
    fileMatch: ["*.arqon-state.json"],
  },
  {
    name: "run-artifact",
    shape: RunArtifactShape,
    title: "Arqon run artifact",
    fileMatch: ["*.arqon-run.json"],
  },
  {
    name: "variant-content",
    shape: VariantContentDocument,
    title: "Arqon variant",
    fileMatch: ["*.arqon-variant.json"],
  },
  {
    name: "variant-evidence",
    shape: VariantEvidenceDocument,
    title: "Arqon evidence for a variant",
    fileMatch: ["*.arqon-evidence.json"],
  },
  {
    name: "replica-report",
    shape: ReportShape,
    title: "Arqon replica report",
    fileMatch: ["*.arqon-report.json"],
  },
  {
    name: "replica-answer",
    shape: AnswerShape,
    title: "Arqon replica answer",
    fileMatch: ["*.arqon-answer.json"],
  },
  {
    name: "fleet-report",
    shape: FleetReportShape,
    title: "Arqon report of keys of a fleet",
    fileMatch: ["*.arqon-keys.json"],
  },
  {
    name: "fleet-answer",
    shape: FleetAnswerShape,
    title: "Arqon answer to a report of keys",
    fileMatch: ["*.arqon-told.json"],
  },
]

/** Where a published schema is read: a schema's `$id` and its catalogue entry's `url`. */
const addressOf = (name: string): string =>
  `https://raw.githubusercontent.com/arqon/arqon/main/schemas/${name}.schema.json`

const textOf = (document: Json): string => `${JSON.stringify(document, null, 2)}\n`

export const schemaFiles = (): ReadonlyArray<SchemaFile> =>
  SCHEMAS.map((schema) => ({ file: `${schema.name}.schema.json`, text: textOf(schemaDocument(schema)) }))

/** The entries to hand in at SchemaStore, in the form of its own catalogue. */
export const catalogFile = (): SchemaFile => ({
  file: "catalog.json",
  text: textOf({
    $schema: "https://json.schemastore.org/schema-catalog.json",
    version: 1,
    schemas: SCHEMAS.map(({ name, shape, title, fileMatch }) => ({
      name: title,
      description: shape.about?.description,
      fileMatch,
      url: addressOf(name),
    })),
  }),
})

/** The shape itself is the root, not a reference: draft-07 ignores whatever stands beside one. */
function schemaDocument({ name, shape, examples = {} }: Schema): Json {
  const { about: { name: _, ...words } = {}, ...form } = shape
  const definitions: Record<string, Json> = {}
  const root = schemaOf({ ...form, about: words }, definitions)
  const properties = { ...(root["properties"] as Record<string, Json>) }
  for (const key of Object.keys(examples)) properties[key] = { ...properties[key], examples: examples[key] }
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    $id: addressOf(name),
    ...root,
    properties,
    ...(Object.keys(definitions).length === 0 ? {} : { definitions }),
  }
}

/** A shape as JSON Schema; shapes with a name go to `defs`. */
function schemaOf(form: Form, defs: Record<string, Json>): Json {
  const { about = {} } = form
  const { name, ...words } = about
  const schema = { ...plainSchemaOf(form, defs), ...words }
  if (name === undefined) return schema
  defs[name] = schema
  return { $ref: `#/definitions/${name}` }
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
      return {
        type: "object",
        ...(form.name === null ? {} : { propertyNames: { type: "string", ...keywordsOf(form.name) } }),
        additionalProperties: schemaOf(form.of, defs),
        ...keywordsOf(form.rule),
      }
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
