/**
 * What the parsers of the solver's files promise, held against broken documents: an answer for every input, in bounded
 * time, and the answer is either a whole document that writes and reads back to itself, or a tagged error with at least one
 * problem. A state that is read is also restored: to the very run, or to a StateError.
 */
import { isDeepStrictEqual } from "node:util"
import { ArtifactError, ConfigError, type Problem, StateError } from "../../src/domain/errors.ts"
import { readJson } from "../../src/domain/jsonText.ts"
import { renderProblems } from "../../src/domain/renderProblems.ts"
import { Draw } from "../../src/solver/Draw.ts"
import { parseHistory } from "../../src/solver/history.ts"
import { parseRunArtifact } from "../../src/solver/RunArtifact.ts"
import { Solver } from "../../src/solver/Solver.ts"
import { parseSolverConfig } from "../../src/solver/SolverConfig.ts"
import { parseSolverState, type SolverState } from "../../src/solver/SolverState.ts"
import { type Kind, validDocuments } from "./documents.ts"
import { mutateText, mutateValue, randomText, randomValue } from "./mutate.ts"
import { pick } from "./oddities.ts"

export interface FuzzOptions {
  readonly seed: number
  /** First input, and how many. Input n is a function of (seed, n) alone. */
  readonly from?: number
  readonly inputs: number
  /** Called before each input. */
  readonly onInput?: (input: number) => void
  /** Milliseconds from any fixed point; without it nothing is timed. */
  readonly nowMs?: () => number
}

export interface FuzzReport {
  seed: number
  inputs: number
  texts: number
  notJson: number
  valid: number
  refused: number
  problems: number
  restored: number
  notRestored: number
  slowestMs: number | null
  slowestInput: number | null
  /** Broken promises, the first ten. */
  failures: Array<{ readonly input: number; readonly what: string }>
  failed: number
}

const MOST_PROBLEMS = 101
/** Restoring repeats a run; a long one is a matter of its own, not of reading. */
const MOST_RESTORED = 200

/** Runs the inputs one after another. */
export function fuzz(options: FuzzOptions): FuzzReport {
  const { seed, from = 0, inputs, onInput, nowMs } = options
  const bases = validDocuments()
  const report: FuzzReport = {
    seed,
    inputs,
    texts: 0,
    notJson: 0,
    valid: 0,
    refused: 0,
    problems: 0,
    restored: 0,
    notRestored: 0,
    slowestMs: null,
    slowestInput: null,
    failures: [],
    failed: 0,
  }
  for (let input = from; input < from + inputs; input++) {
    onInput?.(input)
    const draw = new Draw(seed, input)
    const { kind, text: whole } = pick(draw, bases)
    const base: unknown = JSON.parse(whole)
    const way = draw.below(20)
    const asText = way < 9
    const made =
      way === 0
        ? randomText(draw)
        : way === 19
          ? randomValue(draw)
          : mutateValue(draw, base, JSON.parse(pick(draw, bases).text), !asText)
    const text =
      way === 0 ? (made as string) : asText ? textOf(draw, way < 6 ? made : JSON.parse(whole)) : null
    const began = nowMs?.() ?? 0
    const fault = check(kind, made, text, report)
    if (nowMs !== undefined) {
      const took = nowMs() - began
      if (report.slowestMs === null || took > report.slowestMs) {
        report.slowestMs = took
        report.slowestInput = input
      }
    }
    if (fault === null) continue
    report.failed++
    if (report.failures.length < 10) report.failures.push({ input, what: `${kind}: ${fault}` })
  }
  return report
}

/** A document as text, in half of the cases broken as such. */
function textOf(draw: Draw, value: unknown): string {
  const text = JSON.stringify(value, null, draw.below(3)) ?? "undefined"
  return draw.below(2) === 0 ? text : mutateText(draw, text)
}

/** One input through everything that may meet it; what is wrong, or null. */
function check(kind: Kind, made: unknown, text: string | null, report: FuzzReport): string | null {
  try {
    if (text === null) return checkValue(kind, made, null, report)
    report.texts++
    const read = readJson(text)
    if (read.problems.length === 0) {
      const document: unknown = JSON.parse(text.replace(/^\ufeff/, ""))
      return isDeepStrictEqual(document, read.value)
        ? checkValue(kind, read.value, text, report)
        : "JSON.parse reads another value"
    }
    report.notJson++
    const accepted = parses(text) && !read.problems.some((one) => /given twice|nested too/.test(one.message))
    return accepted ? "refuses what JSON.parse accepts" : checkProblems(read.problems, text)
  } catch (cause) {
    return `throws ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`
  }
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function checkValue(kind: Kind, value: unknown, text: string | null, report: FuzzReport): string | null {
  const history = parseHistory(value)
  if (history instanceof ArtifactError && history.problems.length === 0) return "history: no problems"
  const result = parse(kind, value)
  if (result instanceof ConfigError || result instanceof StateError || result instanceof ArtifactError) {
    report.refused++
    report.problems += result.problems.length
    if (result.message.length < 10) return "an error without a message"
    return checkProblems(result.problems, text)
  }
  report.valid++
  const again = parse(kind, JSON.parse(JSON.stringify(result)))
  if (!isDeepStrictEqual(again, result)) return "does not read back to itself"
  // Only of a text is it known what was handed over: a getter may have said something else.
  const lost = text === null ? null : lostFrom(value, result, "")
  if (lost !== null) return `lost ${lost}`
  return kind === "state" ? checkRestored(result as SolverState, report) : null
}

/** The checked document as it would be saved, or the error. */
function parse(kind: Kind, value: unknown): unknown {
  if (kind === "state") return parseSolverState(value)
  if (kind === "artifact") return parseRunArtifact(value)
  const settings = parseSolverConfig(value)
  return settings instanceof ConfigError ? settings : settings.config
}

function checkProblems(problems: ReadonlyArray<Problem>, text: string | null): string | null {
  if (problems.length === 0 || problems.length > MOST_PROBLEMS) return `${problems.length} problems`
  const odd = problems.find((one) => one.message.trim() === "" || one.message.length > 1000)
  if (odd !== undefined) return `an odd message: ${JSON.stringify(odd.message.slice(0, 200))}`
  if (text === null) return null
  const shown = renderProblems("f.json", text, problems)
  return shown.split("\n").length === 3 * problems.length ? null : "problems not shown in three lines each"
}

/** Fields that are read with a warning or not at all. */
const UNREAD = ["$schema", "max_delta", "cooldown_steps", "batch", "metadata"]

/** The first place where the result does not hold what was handed over; null where it holds everything. */
function lostFrom(input: unknown, result: unknown, path: string): string | null {
  if (typeof input !== "object" || input === null) {
    // A null stands for a field left out, and what is left out may have a default.
    return input === null || input === result || (typeof input === "string" && input.toLowerCase() === result)
      ? null
      : path
  }
  for (const [key, value] of Object.entries(input)) {
    if (!Array.isArray(input) && UNREAD.includes(key)) continue
    const kept =
      typeof result === "object" && result !== null ? (result as Record<string, unknown>)[key] : null
    const lost = lostFrom(value, kept, `${path}/${key}`)
    if (lost !== null) return lost
  }
  return null
}

function checkRestored(state: SolverState, report: FuzzReport): string | null {
  if (state.history.length + state.pending.length > MOST_RESTORED) return null
  let solver: Solver
  try {
    solver = Solver.restore(state)
  } catch (cause) {
    if (!(cause instanceof StateError)) throw cause
    report.notRestored++
    return cause.problems.length > 0 ? null : "not restored, without a problem"
  }
  report.restored++
  const { config, history, pending } = JSON.parse(JSON.stringify(solver.state())) as SolverState
  // A reading that nobody asked for has no trial of its own, whatever number the file gave it.
  const due = state.history.map((one) => (one.asked_after === null ? { ...one, eval_id: null } : one))
  if (!isDeepStrictEqual(config, state.config)) return "restored with another configuration"
  if (!isDeepStrictEqual(pending, state.pending)) return "restored with other trials out"
  return history.length === due.length ? null : "restored in part"
}
