/** The same shape as a schema of effect, and values that nearly have it: what `Shape.ts` is held against. */
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import * as fc from "fast-check"
import type { Problem } from "../../src/domain/errors.ts"
import { problem, show } from "../../src/domain/problems.ts"
import type { Form, Rule } from "../../src/domain/Shape.ts"

type Codec = Schema.Codec<unknown>

const checked = (schema: Codec, rule: Rule<never> | null): Codec =>
  rule === null
    ? schema
    : schema.check(
        Schema.makeFilter((value) => rule.holds(value as never), {
          expected: rule.expected,
        }),
      )

/** What breaks its own rule need not be told that it is not finite either. */
const ruledNumber = ({ expected, holds }: Rule<number>): Codec =>
  Schema.Number.check(Schema.makeFilter(holds, { expected }, true), Schema.isFinite())

/** Made the way `effect/Schema` would be written by hand. */
export function schemaOf(form: Form): Codec {
  switch (form.kind) {
    case "number":
      return form.rule === null ? Schema.Finite : ruledNumber(form.rule)
    case "string":
      return checked(Schema.String, form.rule)
    case "boolean":
      return Schema.Boolean
    case "anything":
      return Schema.Unknown
    case "null":
      return Schema.Null
    case "word":
      return Schema.Literal(form.word)
    case "list":
      return checked(Schema.Array(schemaOf(form.item)), form.rule)
    case "either":
      return Schema.Union(form.forms.map(schemaOf))
    case "record":
      return checked(
        Schema.Record(checked(Schema.String, form.name) as Schema.String, schemaOf(form.of)),
        form.rule,
      )
    case "object":
      return checked(
        Schema.Struct(
          Object.fromEntries(
            Object.entries(form.fields).map(([key, field]) => [
              key,
              field.kind !== "optional"
                ? schemaOf(field)
                : field.orUndefined
                  ? Schema.optional(schemaOf(field.form))
                  : Schema.optionalKey(schemaOf(field.form)),
            ]),
          ),
        ),
        form.rule,
      )
    case "optional":
      throw new TypeError("only a field may be left out")
  }
}

/** What the schema found wrong, as the reader of a shape says it. */
export function problemsFound(
  exit: ReturnType<ReturnType<typeof Schema.decodeUnknownExit>>,
  input: unknown,
): ReadonlyArray<Problem> {
  if (exit._tag === "Success") return []
  return exit.cause.reasons.flatMap((reason) => {
    if (reason._tag === "Fail" && SchemaIssue.isIssue(reason.error.issue))
      return schemaProblems(reason.error.issue, input)
    throw new Error("the schema itself failed", { cause: reason })
  })
}

/** Every problem in a schema's issue, over the raw input it was found in. */
function schemaProblems(
  issue: SchemaIssue.Issue,
  input: unknown,
  path: ReadonlyArray<PropertyKey> = [],
): ReadonlyArray<Problem> {
  switch (issue._tag) {
    case "Pointer":
      return schemaProblems(issue.issue, issue.path.reduce(member, input), [...path, ...issue.path])
    case "Composite":
      return issue.issues.flatMap((inner) => schemaProblems(inner, input, path))
    case "Encoding":
      return schemaProblems(issue.issue, input, path)
    case "Filter": {
      const expected = issue.filter.annotations?.expected
      return [
        problem(path, `must be ${typeof expected === "string" ? expected : "valid"}, got ${show(input)}.`),
      ]
    }
    case "AnyOf": {
      // The branch that fits the kind of value says what is wrong inside it; the others only say that they are others.
      const inner = issue.issues.flatMap((one) => schemaProblems(one, input, path))
      if (inner.length > 0) return inner
      return [problem(path, `must be ${expectedOf(issue.ast)}, got ${show(input)}.`)]
    }
    case "UnexpectedKey":
      return [problem(path, "is not an option here.")]
    case "MissingKey":
      return [problem(path, "is missing.")]
    case "InvalidType":
      return [problem(path, `must be ${expectedOf(issue.ast)}, got ${show(input)}.`)]
    default:
      return [problem(path, `cannot be ${show(input)}.`)]
  }
}

function member(value: unknown, key: PropertyKey): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<PropertyKey, unknown>)[key]
    : undefined
}

const EXPECTED: Readonly<Record<string, string>> = {
  Number: "a number",
  String: "a string",
  Boolean: "true or false",
  Null: "null",
  Objects: "an object",
  Arrays: "an array",
}

function expectedOf(ast: SchemaAST.AST): string {
  if (ast._tag === "Literal") return JSON.stringify(ast.literal)
  if (ast._tag !== "Union") return EXPECTED[ast._tag] ?? "of another type"
  const parts = ast.types.filter((type) => type._tag !== "Undefined").map(expectedOf)
  return parts.join(" or ")
}

const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, true, false, 0, -1, 1, 0.5, Number.NaN, Infinity, "", "x", 7n),
  fc.constantFrom<unknown>([], {}, [1], { a: 1 }, new Date(0), Symbol.iterator, () => 0),
  fc.string({ maxLength: 45 }),
  fc.double(),
)

const NUMBERS = [0, 1, 2, 5, 16, 64, 1024, 2000, 1e6, 0.1, 0.4, -0.5, 1e300, 2 ** 53, Number.NaN, -Infinity]
const STRINGS = ["name", "run-1", "ab", " padded", "__proto__", ""]

/** One that keeps the rule nearly always. */
const ruled = <T>(values: ReadonlyArray<T>, rule: Rule<T> | null): fc.Arbitrary<T> => {
  const sound = values.filter((value) => rule?.holds(value) ?? value === value)
  return fc.oneof(
    { weight: 500, arbitrary: fc.constantFrom(...sound) },
    { weight: 1, arbitrary: fc.constantFrom(...values) },
  )
}

const near = (word: string): string => word.slice(1) || "q"

/** Of the shape nearly everywhere; now and then something else at any place in it. */
export function nearly(form: Form): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 500, arbitrary: like(form) }, { weight: 1, arbitrary: junk })
}

function like(form: Form): fc.Arbitrary<unknown> {
  switch (form.kind) {
    case "number":
      return ruled(NUMBERS, form.rule)
    case "string":
      return ruled(STRINGS, form.rule)
    case "boolean":
      return fc.boolean()
    case "anything":
      return fc.constantFrom(null, undefined, 1, "x", [1], { a: 1 })
    case "null":
      return fc.constant(null)
    case "word":
      return typeof form.word === "string"
        ? fc.oneof(
            { weight: 500, arbitrary: fc.constant(form.word) },
            { weight: 1, arbitrary: fc.constant(near(form.word)) },
          )
        : fc.constant(form.word)
    case "list":
      return fc.oneof(
        { weight: 500, arbitrary: fc.array(nearly(form.item), { minLength: 1, maxLength: 3 }) },
        { weight: 1, arbitrary: fc.constantFrom([], Array(70).fill(1), Array(5000)) },
      )
    case "either":
      return fc.oneof(...form.forms.map(nearly))
    case "optional":
      return fc.option(nearly(form.form), { nil: undefined, freq: 20 })
    case "record":
      return fc.dictionary(
        fc.oneof(
          { weight: 300, arbitrary: fc.constantFrom("a", "b", "c") },
          { weight: 1, arbitrary: fc.constantFrom(" long name", "constructor", "__proto__") },
        ),
        nearly(form.of),
        { maxKeys: 3 },
      )
    case "object":
      return fc
        .tuple(
          fc.record(mapped(form.fields, nearly), {
            requiredKeys: Object.keys(form.fields).filter((key) => form.fields[key].kind !== "optional"),
          }),
          fc.oneof(
            { weight: 500, arbitrary: fc.constant({}) },
            {
              weight: 1,
              arbitrary: fc.constantFrom<Readonly<Record<PropertyKey, unknown>>>(
                { extra: 1 },
                { [near(Object.keys(form.fields)[0])]: 1, [Symbol.for("sign")]: 2 },
              ),
            },
          ),
          fc.integer({ min: 0, max: 500 }),
        )
        .map(([made, more, kind]) => odd({ ...made, ...more }, kind))
  }
}

/** Now and then its first field is taken away, inherited, or not enumerable. */
function odd(made: Record<PropertyKey, unknown>, kind: number): object {
  const [first, ...rest] = Object.keys(made)
  if (first === undefined || kind > 2) return made
  const { [first]: value } = made
  const others = Object.fromEntries(rest.map((key) => [key, made[key]]))
  if (kind === 0) return others
  if (kind === 1) return Object.assign(Object.create({ [first]: value }) as object, others)
  return Object.defineProperty(others, first, { value })
}

const mapped = <A, B>(fields: Readonly<Record<string, A>>, f: (a: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, f(field)]))
