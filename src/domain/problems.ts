/**
 * Problems as a person can act on them: where, what was expected, what came, the nearest known word. Needed by everything
 * that refuses input.
 */
import { closest } from "./closest.ts"
import type { Problem } from "./Problem.ts"

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

const MISSING = "is missing."

/** What is not there, and what should be; null where anything will do. */
export const missing = (path: Path, expected: string | null): Problem =>
  problem(path, MISSING, expected === null ? null : `Give ${expected}.`)

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

/** The problems; the last one at these paths that does not say more than what is missing shows the smallest call that works. */
export function withExample(
  problems: ReadonlyArray<Problem>,
  paths: ReadonlyArray<string>,
  example: string,
): ReadonlyArray<Problem> {
  const at = problems.findLastIndex(
    ({ path, message, suggestion }) =>
      paths.includes(path) && (suggestion === undefined || message === MISSING),
  )
  return at < 0
    ? problems
    : problems.with(at, { ...problems[at], suggestion: `The smallest call that works: ${example}.` })
}

/** What was refused, and each problem on a line of its own. */
export function problemText(refused: (problems: string) => string, problems: ReadonlyArray<Problem>): string {
  const lines = problems.map(
    (p) =>
      `  ${p.path === "" ? "" : `${p.path}: `}${p.message}${p.suggestion === undefined ? "" : ` ${p.suggestion}`}`,
  )
  return [refused(lines.length === 1 ? "1 problem" : `${lines.length} problems`), ...lines].join("\n")
}
