/**
 * The shapes of the two files that `arqon variants` reads, with what editors are told about each field. The shapes are
 * the library's own; their words are here, because no program that selects variants needs them. A field without words, or
 * words without a field, stop the generation.
 */
import { about, type Form, maybe, object, string } from "../src/domain/Shape.ts"
import { EvidenceShape, VariantContentShape } from "../src/domain/Variant.ts"

/** What a field is; of an object or a list of objects also what its fields are. */
type Words = string | readonly [string, Readonly<Record<string, Words>>]

const LEVEL = {
  mean: "Mean loss of the readings: lower is better.",
  standardError: "Standard error of that mean, in the same unit.",
  readings: "How many readings the mean rests on.",
}

const CONTENT = {
  values: "The choices that the variant stands for, by name, for the program to read.",
  description: "What the variant is, for people.",
  constraints: [
    "Bounds on channels of the digests. An empty list declares that there are none; without a list nobody can approve it.",
    {
      channel: "Channel of the digests, such as throughputRps or errorRate.",
      of: "context: must hold before the variant may be chosen. outcome: must hold while it is live.",
      atLeast: "Smallest value that is allowed.",
      atMost: "Largest value that is allowed.",
    },
  ],
  rollback: [
    "Where to go when a constraint on the outcome is broken. Without it nobody can approve the variant.",
    {
      to: "Name of another variant, or previous: the one that was live before.",
      afterBreaches: "Windows in a row that break a constraint before the variant is left.",
      quarantineUs: "How long it is not chosen again, in microseconds.",
    },
  ],
} satisfies Record<string, Words>

const EVIDENCE = {
  source: "Where the numbers come from: a benchmark, a replay, a canary, a report.",
  ...LEVEL,
  against: ["The same reading of what it was compared with.", LEVEL],
  constraintsHeld: "Whether every constraint on the outcome held.",
  note: "What a reader should know.",
} satisfies Record<string, Words>

const document = (shape: Form, words: Readonly<Record<string, Words>>, title: string, description: string) =>
  about(
    object({
      $schema: maybe(about(string(), "For editors; not read.")),
      ...fieldsOf(shape, words),
    }),
    { name: title.replaceAll(" ", ""), title: `Arqon ${title.toLowerCase()}`, description },
  )

function fieldsOf(shape: Form, words: Readonly<Record<string, Words>>): Readonly<Record<string, Form>> {
  if (shape.kind !== "object") throw new Error("only an object has fields to describe")
  const stray = Object.keys(words).filter((key) => !(key in shape.fields))
  if (stray.length > 0) throw new Error(`no field is called ${stray.join(", ")}`)
  return Object.fromEntries(
    Object.entries(shape.fields).map(([key, field]) => {
      if (!(key in words)) throw new Error(`nobody says what ${key} is`)
      const [description, inner] = typeof words[key] === "string" ? [words[key], null] : words[key]
      return [key, about(inner === null ? field : described(field, inner), description)]
    }),
  )
}

/** The same form with words for the object in it. */
function described(form: Form, words: Readonly<Record<string, Words>>): Form {
  if (form.kind === "optional") return { ...form, form: described(form.form, words) }
  if (form.kind === "list") return { ...form, item: described(form.item, words) }
  return { ...form, fields: fieldsOf(form, words) } as Form
}

export const VariantContentDocument = document(
  VariantContentShape,
  CONTENT,
  "Variant content",
  "What a variant is: its values, constraints and way back. docs/reference/variants.md explains it.",
)

export const VariantEvidenceDocument = document(
  EvidenceShape,
  EVIDENCE,
  "Variant evidence",
  "One measurement of a variant. docs/reference/variants.md explains it.",
)
