/**
 * From what a schema found wrong to sentences a person can act on. Needed by everything that refuses input: each issue
 * becomes one problem with its path, what was expected, what came, and the nearest known word.
 */
import type * as SchemaAST from "effect/SchemaAST"
import type * as SchemaIssue from "effect/SchemaIssue"
import { closest } from "./closest.ts"
import type { Problem } from "./errors.ts"

type Path = ReadonlyArray<PropertyKey>

/** More problems than this help nobody; the rest is counted in one last line. */
const MOST = 100

/** `params.concurrency.min`, with brackets where a name would not read back: `params["a b"].min`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "string" && /^[A-Za-z_$][\w$-]*$/.test(key))
      return text === "" ? key : `${text}.${key}`
    return `${text}[${typeof key === "symbol" ? String(key) : JSON.stringify(key)}]`
  }, "")
}

/** A value in a message: short, on one line, whatever it is. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 37)}...` : value)
  if (typeof value === "function") return "a function"
  if (Array.isArray(value)) return "an array"
  if (typeof value === "object" && value !== null) return "an object"
  return typeof value === "bigint" ? `${value}n` : String(value)
}

/** One problem; the suggestion is left out rather than undefined. */
export function problem(path: Path, message: string, suggestion?: string | null): Problem {
  const at = pathText(path)
  return suggestion === undefined || suggestion === null
    ? { path: at, message }
    : { path: at, message, suggestion }
}

/** "Did you mean ...?", or the whole list where nothing is near and the list is short. */
export function didYouMean(word: unknown, known: ReadonlyArray<string>): string | null {
  const near = typeof word === "string" ? closest(word, known) : null
  if (near !== null) return `Did you mean ${JSON.stringify(near)}?`
  return known.length > 0 && known.length <= 16
    ? `Known: ${known.map((k) => JSON.stringify(k)).join(", ")}.`
    : null
}

/** Sorted by path and message, without repeats, and with a limit: the same input gives the same text. */
export function tidy(problems: ReadonlyArray<Problem>): ReadonlyArray<Problem> {
  const text = (p: Problem): string => `${p.path}\u0000${p.message}`
  const sorted = [...problems].sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0))
  const unique = sorted.filter((p, i) => i === 0 || text(p) !== text(sorted[i - 1]))
  if (unique.length <= MOST) return unique
  return [...unique.slice(0, MOST), { path: "", message: `and ${unique.length - MOST} more problems.` }]
}

/** The problems, and with the last one at these paths that there is no way to go on from the smallest call that works. */
export function withExample(
  problems: ReadonlyArray<Problem>,
  paths: ReadonlyArray<string>,
  example: string,
): ReadonlyArray<Problem> {
  const at = problems.findLastIndex(
    ({ path, suggestion }) => paths.includes(path) && suggestion === undefined,
  )
  return at < 0
    ? problems
    : problems.with(at, { ...problems[at], suggestion: `The smallest call that works: ${example}.` })
}

/** Every problem in a schema's issue, over the raw input it was found in. */
export function schemaProblems(
  issue: SchemaIssue.Issue,
  input: unknown,
  path: Path = [],
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
      const choices = literalsOf(issue.ast)
      return [
        problem(
          path,
          `must be ${expectedOf(issue.ast)}, got ${show(input)}.`,
          didYouMean(
            input,
            choices.length > 1 && typeof input === "string" && closest(input, choices) !== null
              ? choices
              : [],
          ),
        ),
      ]
    }
    case "UnexpectedKey": {
      const key = path[path.length - 1]
      const known =
        issue.ast._tag === "Objects" ? issue.ast.propertySignatures.map((p) => String(p.name)) : []
      return [problem(path, "is not an option here.", didYouMean(key, known))]
    }
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

function literalsOf(ast: SchemaAST.AST): ReadonlyArray<string> {
  if (ast._tag === "Literal") return [String(ast.literal)]
  return ast._tag === "Union" ? ast.types.flatMap(literalsOf) : []
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
