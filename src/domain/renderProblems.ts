/**
 * Problems of a file as a person wants them: `config.json:7:14`, the line, a caret under the spot, and what to do. Needed
 * wherever a file that somebody wrote is refused.
 */
import { type JsonSpan, locateAll, pathKeys, positionAt, type TextProblem } from "./jsonText.ts"

/** Where a part of a document begins in its text, counted from 1; null when it is not there. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** Widest stretch of a line that is shown: a document on one line would fill the screen. */
const WIDEST = 100
/** Problems that are about a key and not about what it holds begin like this. */
const ABOUT_KEY =
  /^(is not an option|is not a parameter|is an option of|is a name|is a duplicate|has an empty name|has a name|has white space)/

/** Where the value at a path of the document begins, the path as in problems: `bounds.x.min`. */
export function locate(text: string, path: string): Position | null {
  const [span] = locateAll(text, [path])
  return span === null ? null : positionAt(text, span.start)
}

/** All problems of a file, in the order of their places. The same input gives the same text. */
export function renderProblems(fileName: string, text: string, problems: ReadonlyArray<TextProblem>): string {
  const spots = spotsOf(text, problems)
  const lines = problems
    .map((problem, i) => ({ problem, spot: spots[i] }))
    .sort((a, b) => a.spot.start - b.spot.start)
    .map(({ problem, spot }) => render(fileName, text, problem, spot))
  return lines.join("\n")
}

interface Spot {
  readonly start: number
  readonly end: number
}

/** The stretch of text that each problem means: the part itself, or where it is missing what should hold it. */
function spotsOf(text: string, problems: ReadonlyArray<TextProblem>): ReadonlyArray<Spot> {
  const chains = problems.map((problem) => {
    const keys = pathKeys(problem.path)
    return Array.from({ length: keys.length + 1 }, (_, i) => keys.slice(0, keys.length - i))
  })
  const spans = locateAll(text, chains.flat())
  let next = 0
  return problems.map((problem, i) => {
    const chain = spans.slice(next, next + chains[i].length)
    next += chains[i].length
    if (problem.offset !== undefined) return { start: problem.offset, end: problem.offset + 1 }
    const at = chain.findIndex((span) => span !== null)
    const span = at < 0 ? null : chain[at]
    return span === null ? { start: 0, end: 1 } : spotOf(span, at > 0, ABOUT_KEY.test(problem.message))
  })
}

function spotOf(span: JsonSpan, missing: boolean, aboutKey: boolean): Spot {
  const keyed = span.keyStart >= 0
  if (keyed && (aboutKey || missing)) return { start: span.keyStart, end: span.keyEnd }
  return { start: span.start, end: span.end }
}

function render(fileName: string, text: string, problem: TextProblem, spot: Spot): string {
  const { line, column } = positionAt(text, spot.start)
  const remedy = problem.suggestion === undefined ? "" : ` ${problem.suggestion}`
  const subject = problem.path === "" ? "" : `${problem.path}: `
  const head = `${fileName}:${line}:${column}: ${subject}${problem.message}${remedy}`
  const begin = spot.start - (column - 1)
  const newline = text.indexOf("\n", spot.start)
  const whole = text.slice(begin, newline < 0 ? text.length : newline)
  const from = column - 1 < WIDEST - 20 ? 0 : column - 1 - WIDEST / 2
  const shown = plain(whole.slice(from, from + WIDEST))
  const caretAt = column - 1 - from
  const width = Math.max(1, Math.min(spot.end - spot.start, shown.length - caretAt))
  const number = String(line)
  const gutter = " ".repeat(number.length)
  // A tab stays a tab under a tab, so that the caret stands where the eye looks.
  const indent = shown.slice(0, caretAt).replaceAll(/[^\t]/g, " ").padEnd(caretAt, " ")
  return [
    plain(head),
    `  ${number} | ${from > 0 ? "..." : ""}${shown}${from + WIDEST < whole.length ? "..." : ""}`.trimEnd(),
    `  ${gutter} | ${from > 0 ? "   " : ""}${indent}${"^".repeat(width)}`,
  ].join("\n")
}

/** Without what would move the cursor of a terminal. */
function plain(text: string): string {
  return text.replaceAll(/(?!\t)\p{Cc}/gu, " ")
}
