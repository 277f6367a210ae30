/**
 * What a plain value must look like, and a reader that copies it out or lists everything that is wrong with it. Every
 * configuration and every document of the solver is read this way, in browsers too: it does what `effect/Schema` does, at a
 * tenth of the weight. `test/domain/shape.test.ts` makes schemas of these shapes and checks that both say the same of any
 * input. `scripts/jsonSchemas.ts` writes the solver's shapes as JSON Schemas.
 */
import type { Problem } from "./errors.ts"
import { closest } from "./closest.ts"
import { didYouMean, missing, pathText, problem, show } from "./problems.ts"

/** A demand on a value of the right kind, how it is put after "must be", and the keywords of JSON Schema that say the same. */
export interface Rule<T> {
  readonly expected: string
  readonly holds: (value: T) => boolean
  readonly json?: Readonly<Record<string, unknown>>
}

/** What editors show of a shape. */
export interface About {
  readonly description?: string
  readonly title?: string
  readonly default?: unknown
  /** A shape with a name is written once in a JSON Schema, and referred to. */
  readonly name?: string
}

type Word = string | false
type Fields = Readonly<Record<string, Shape<unknown>>>

/** A shape as data, so that other forms of it can be made. */
export type Form = Kind & { readonly about?: About }

type Kind =
  | { readonly kind: "number"; readonly rule: Rule<number> | null }
  | { readonly kind: "string"; readonly rule: Rule<string> | null }
  | { readonly kind: "boolean" | "null" | "anything" }
  | { readonly kind: "word"; readonly word: Word }
  | { readonly kind: "list"; readonly item: Form; readonly rule: Rule<ReadonlyArray<unknown>> | null }
  | {
      readonly kind: "object"
      readonly fields: Readonly<Record<string, Form>>
      readonly rule: Rule<Readonly<Record<string, unknown>>> | null
    }
  | {
      readonly kind: "record"
      readonly name: Rule<string> | null
      readonly of: Form
      readonly rule: Rule<Readonly<Record<string, unknown>>> | null
    }
  | { readonly kind: "either"; readonly forms: ReadonlyArray<Form> }
  | { readonly kind: "optional"; readonly form: Form; readonly orUndefined: boolean }

declare const READS: unique symbol
declare const MAY_BE_ABSENT: unique symbol

/** The shape of a `T`. */
export type Shape<T> = Form & { readonly [READS]?: T }
/** The shape of a field that may be left out. */
export type OptionalShape<T> = Shape<T> & { readonly [MAY_BE_ABSENT]: true }
/** The shape of an object, with its fields for other objects that have them too. */
export type ObjectShape<F extends Fields> = Extract<Form, { kind: "object" }> & {
  readonly fields: F
  readonly [READS]?: ObjectOf<F>
}

/** What a shape reads. */
export type ShapeType<S> = S extends { readonly [READS]?: infer T } ? T : never

type Flat<T> = { [K in keyof T]: T[K] }
type ObjectOf<F extends Fields> = Flat<
  {
    readonly [K in keyof F as F[K] extends OptionalShape<unknown> ? never : K]: ShapeType<F[K]>
  } & {
    readonly [K in keyof F as F[K] extends OptionalShape<unknown> ? K : never]?: ShapeType<F[K]>
  }
>

/** A finite number. */
export const number = (rule: Rule<number> | null = null): Shape<number> => ({ kind: "number", rule })
export const string = (rule: Rule<string> | null = null): Shape<string> => ({ kind: "string", rule })
export const boolean: Shape<boolean> = { kind: "boolean" }
/** Read by somebody else, or not at all. */
export const anything: Shape<unknown> = { kind: "anything" }
/** One of these words. */
export const oneOf = <const W extends ReadonlyArray<Word>>(words: W): Shape<W[number]> => ({
  kind: "either",
  forms: words.map((word) => ({ kind: "word", word })),
})
export const list = <T>(
  item: Shape<T>,
  rule: Rule<ReadonlyArray<unknown>> | null = null,
): Shape<ReadonlyArray<T>> => ({ kind: "list", item, rule })
/** The rule sees an object only where all its fields are right. */
export const object = <F extends Fields>(
  fields: F,
  rule: Rule<Readonly<Record<string, unknown>>> | null = null,
): ObjectShape<F> => ({ kind: "object", fields, rule })
/** Any names, each with a value of one shape; names that break the rule are fields it does not know. */
export const record = <T>(
  of: Shape<T>,
  name: Rule<string> | null = null,
  rule: Rule<Readonly<Record<string, unknown>>> | null = null,
): Shape<Readonly<Record<string, T>>> => ({ kind: "record", name, of, rule })
/** The first one whose kind a value is. */
export const either = <S extends ReadonlyArray<Shape<unknown>>>(
  ...forms: S
): Shape<ShapeType<S[number]>> => ({
  kind: "either",
  forms,
})
const nothing: Shape<null> = { kind: "null" }
export const nullOr = <T>(form: Shape<T>): Shape<T | null> => ({ kind: "either", forms: [form, nothing] })
/** Absent or undefined, or of this shape. */
export const optional = <T>(form: Shape<T>): OptionalShape<T | undefined> =>
  ({ kind: "optional", form, orUndefined: true }) as Form as OptionalShape<T | undefined>
/** Absent, or of this shape: undefined is not. */
export const maybe = <T>(form: Shape<T>): OptionalShape<T> =>
  ({ kind: "optional", form, orUndefined: false }) as Form as OptionalShape<T>

/** Absent or undefined, null, or of this shape: languages without undefined write null. */
export const optionalOrNull = <T>(form: Shape<T>): OptionalShape<T | null | undefined> =>
  optional(nullOr(form))
/** The same shape, with words for editors: a description alone, or more. */
export const about = <S extends Form>(shape: S, words: About | string): S => ({
  ...shape,
  about: typeof words === "string" ? { description: words } : words,
})

/** A number of which something more is asked. */
export const numberThat = (
  expected: string,
  holds: (n: number) => boolean,
  json: Readonly<Record<string, unknown>> = {},
): Shape<number> => number({ expected, holds, json })
export const whole = (minimum: number, maximum: number): Shape<number> =>
  numberThat(
    `a whole number from ${minimum} to ${maximum}`,
    (n) => Number.isSafeInteger(n) && n >= minimum && n <= maximum,
    { type: "integer", minimum, maximum },
  )
export const between = (minimum: number, maximum: number): Shape<number> =>
  numberThat(`a number from ${minimum} to ${maximum}`, (n) => n >= minimum && n <= maximum, {
    minimum,
    maximum,
  })
export const above0 = (maximum: number): Shape<number> =>
  numberThat(`a number above 0 and at most ${maximum}`, (n) => n > 0 && n <= maximum, {
    exclusiveMinimum: 0,
    maximum,
  })
/** A string of at most so many characters. */
export const text = (longest: number): Shape<string> =>
  string({
    expected: `a text of at most ${longest} characters`,
    holds: ({ length }) => length <= longest,
    json: { maxLength: longest },
  })

/** A value read, or all that is wrong with it. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: ReadonlyArray<Problem> }

export interface ReadOptions {
  /** Whether fields that the shape does not know are problems (the default) or left out. */
  readonly excess?: "refuse" | "drop"
  /** Where the input is in what a person wrote. */
  readonly at?: Path
}

/** A copy of `input` with the fields of the shape. Throws only what a getter or a proxy of the input throws. */
export function readShape<T>(shape: Shape<T>, input: unknown, options: ReadOptions = {}): Reading<T> {
  const { excess = "refuse", at = [] } = options
  const problems: Array<Problem> = []
  const to = { problems, refuses: excess === "refuse", whole: shape, at, path: [...at] }
  const value = read(shape, input, to)
  return problems.length === 0 ? { ok: true, value: value as T } : { ok: false, problems }
}

type Path = ReadonlyArray<PropertyKey>

interface Findings {
  readonly problems: Array<Problem>
  /** Fields that are not known are problems. */
  readonly refuses: boolean
  /** The shape of the whole input, and where that is. */
  readonly whole: Form
  readonly at: Path
  /** Where the reader is; pushed and popped, since a path for each of a million values would cost more than they do. */
  readonly path: Array<PropertyKey>
}

/** What it gives back counts only where no problem was found. */
function read(form: Form, value: unknown, to: Findings): unknown {
  if (form.kind === "optional")
    return value === undefined && form.orUndefined ? value : read(form.form, value, to)
  if (form.kind === "either") {
    const fit = form.forms.find((one) => isOfKind(one, value))
    return fit === undefined ? refuse(form, value, to) : read(fit, value, to)
  }
  if (!isOfKind(form, value)) return refuse(form, value, to)
  switch (form.kind) {
    case "number":
      // One problem is enough, and the field's own rule says more.
      demand(form.rule === null || form.rule.holds(value as number) ? FINITE : form.rule, value as number, to)
      return value
    case "string":
      demand(form.rule, value as string, to)
      return value
    case "list": {
      const before = to.problems.length
      const items = value as ReadonlyArray<unknown>
      const copied = Array.from({ length: items.length }, (_, i) => readAt(i, form.item, items[i], to))
      if (to.problems.length === before) demand(form.rule, copied, to)
      return copied
    }
    case "object": {
      const before = to.problems.length
      const copied = readFields(form.fields, value as object, to)
      if (to.problems.length === before) demand(form.rule, copied, to)
      return copied
    }
    case "record": {
      const { name, of, rule } = form
      const takes = (key: PropertyKey) => typeof key === "string" && (name === null || name.holds(key))
      const before = to.problems.length
      refuseExcess(takes, [], value as object, to)
      const copied = Object.fromEntries(
        Object.entries(value as object)
          .filter(([key]) => takes(key))
          .map(([key, inner]) => [key, readAt(key, of, inner, to)]),
      )
      if (to.problems.length === before) demand(rule, copied, to)
      return copied
    }
    default:
      return value
  }
}

function readAt(key: PropertyKey, form: Form, value: unknown, to: Findings): unknown {
  to.path.push(key)
  const copied = read(form, value, to)
  to.path.pop()
  return copied
}

function readFields(
  fields: Readonly<Record<string, Form>>,
  value: object,
  to: Findings,
): Readonly<Record<string, unknown>> {
  refuseExcess((key) => Object.hasOwn(fields, key), Object.keys(fields), value, to)
  const copied: Record<string, unknown> = {}
  for (const [key, form] of Object.entries(fields)) {
    if (key in value) copied[key] = readAt(key, form, (value as Record<string, unknown>)[key], to)
    else if (form.kind !== "optional") to.problems.push(missing([...to.path, key], expectedOf(form)))
  }
  return copied
}

function refuseExcess(
  takes: (key: PropertyKey) => boolean,
  known: ReadonlyArray<string>,
  value: object,
  { problems, refuses, whole, at, path }: Findings,
): void {
  if (!refuses) return
  for (const key of Reflect.ownKeys(value)) {
    if (takes(key) || !Object.prototype.propertyIsEnumerable.call(value, key)) continue
    const near = closest(String(key), known) === null ? elsewhere(whole, key, at) : null
    problems.push(problem([...path, key], "is not an option here.", near ?? didYouMean(key, known)))
  }
}

/** Where the objects of a shape have a field of this name. */
function elsewhere(whole: Form, key: PropertyKey, at: Path): string | null {
  const places = placesOf(whole, key, at).map(pathText)
  return places.length === 0 || places.length > 3 ? null : `It belongs at ${places.join(" or ")}.`
}

function placesOf(form: Form, key: PropertyKey, path: Path): ReadonlyArray<Path> {
  if (form.kind === "optional") return placesOf(form.form, key, path)
  if (form.kind === "either") return form.forms.flatMap((one) => placesOf(one, key, path))
  if (form.kind !== "object") return []
  return Object.entries(form.fields).flatMap(([name, inner]) =>
    name === key ? [[...path, name]] : placesOf(inner, key, [...path, name]),
  )
}

function demand<T>(rule: Rule<T> | null, value: T, { problems, path }: Findings): void {
  if (rule === null || rule.holds(value)) return
  problems.push(problem(path, `must be ${rule.expected}, got ${show(value)}.`))
}

function refuse(form: Form, value: unknown, { problems, path }: Findings): void {
  const words = wordsOf(form)
  const near = words.length > 1 && typeof value === "string" && closest(value, words) !== null
  const remedy = near ? didYouMean(value, words) : null
  problems.push(problem(path, `must be ${kindsOf(form)}, got ${show(value)}.`, remedy))
}

const FINITE: Rule<number> = { expected: "a finite number", holds: Number.isFinite }

const kindOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "list" : typeof value

/** Whether it is this form that says what is wrong with a value. Words within a choice speak for all that are of their type. */
function isOfKind(form: Form, value: unknown): boolean {
  if (form.kind === "either")
    return form.forms.some((one) =>
      one.kind === "word" ? typeof one.word === typeof value : isOfKind(one, value),
    )
  if (form.kind === "word") return form.word === value
  return form.kind === "anything" || kindOf(value) === (form.kind === "record" ? "object" : form.kind)
}

function wordsOf(form: Form): ReadonlyArray<string> {
  if (form.kind === "word") return [String(form.word)]
  return form.kind === "either" ? form.forms.flatMap(wordsOf) : []
}

const EXPECTED: Readonly<Partial<Record<Form["kind"], string>>> = {
  boolean: "true or false",
  null: "null",
  list: "an array",
  object: "an object",
  record: "an object",
}

/** What a value of the wrong kind should have been. */
function kindsOf(form: Form): string {
  if (form.kind === "word") return JSON.stringify(form.word)
  if (form.kind === "either") return form.forms.map(kindsOf).join(" or ")
  return EXPECTED[form.kind] ?? `a ${form.kind}`
}

/** All that is asked of a value, where there is none; null where anything will do. */
function expectedOf(form: Form): string | null {
  if (form.kind === "anything") return null
  return "rule" in form && form.rule !== null ? form.rule.expected : kindsOf(form)
}
