/**
 * What users hand to `tell`, checked. Everything is read before anything is taken, so that one bad result in a batch
 * leaves the solver as it was; what is wrong is listed with its place and a remedy.
 */
import { ResultError, type Problem } from "../domain/errors.ts"
import { didYouMean, missing, problem, show, tidy } from "../domain/problems.ts"
import type { Params, SearchSpace } from "./SearchSpace.ts"
import type { TrialLog } from "./TrialLog.ts"
import type { Answer } from "./Answer.ts"

/** One evaluation as a user reports it. */
export interface Result<P = Params> {
  /** The trial, as `askTrials` named it. Without it the parameters say which one is meant. */
  readonly id?: number
  /** The seeds' name for it; where it and the parameters disagree, the parameters count. */
  readonly eval_id?: number | null
  readonly params?: P
  /** What was measured. NaN, an infinity or null: the evaluation failed. Required where `failed` does not say so. */
  readonly value?: number | null
  /** What the evaluation cost, in any unit; 1 when omitted. Kept for the record. */
  readonly cost?: number
  /** True, or why: the evaluation failed, whatever `value` says. */
  readonly failed?: boolean | string
}

const KEYS = ["id", "eval_id", "params", "value", "cost", "failed"]
/** What else an entry of a saved history carries, and a result may. */
const KEYS_OF_HISTORY = ["phase", "decision", "status", "asked_after", "error", "batch", "metadata"]

/**
 * The results as answers; throws a ResultError with every problem. `unasked`: they are from outside the run and must say
 * where they were read.
 */
export function readResults(
  results: Result<unknown> | ReadonlyArray<Result<unknown>>,
  space: SearchSpace,
  log: TrialLog,
  unasked = false,
): ReadonlyArray<Answer> {
  const list: ReadonlyArray<unknown> = Array.isArray(results) ? results : [results]
  const problems: Array<Problem> = []
  const reader: Reader = { space, log, unasked, problems }
  const answers = list.map((one, i) => readResult(one, Array.isArray(results) ? [i] : [], reader))
  if (problems.length > 0) throw new ResultError({ problems: tidy(problems) })
  return answers
}

interface Reader {
  readonly space: SearchSpace
  readonly log: TrialLog
  readonly unasked: boolean
  readonly problems: Array<Problem>
}

const NOTHING: Answer = { id: null, params: null, unit: null, value: null, cost: 0, error: null }

function readResult(input: unknown, path: ReadonlyArray<PropertyKey>, reader: Reader): Answer {
  const { log, unasked, problems } = reader
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    problems.push(
      problem(path, `must be an object, got ${show(input)}.`, "For example { id: 0, value: 1.5 }."),
    )
    return NOTHING
  }
  const result = input as Record<string, unknown>
  const unknown = Object.keys(result).filter((key) => !KEYS.includes(key) && !KEYS_OF_HISTORY.includes(key))
  for (const key of unknown)
    problems.push(problem([...path, key], "is not a part of a result.", didYouMean(key, KEYS)))
  const given = result.params
  const own = !unasked && typeof given === "object" && given !== null ? log.idOfObject(given) : -1
  const point = own >= 0 || given === undefined ? null : readPoint(given, [...path, "params"], reader)
  const named = unasked
    ? null
    : (result.id ?? (own >= 0 ? own : point === null ? result.eval_id : null) ?? null)
  if (
    named !== null &&
    !(Number.isInteger(named) && (named as number) >= 0 && (named as number) < log.asked)
  ) {
    problems.push(
      problem(
        [...path, named === result.id ? "id" : "eval_id"],
        `must name a trial, got ${show(named)}.`,
        log.asked === 0 ? "Nothing has been asked for yet." : `Trials so far: 0 to ${log.asked - 1}.`,
      ),
    )
  }
  if (named === null && given === undefined)
    problems.push(
      unasked
        ? problem(
            [...path, "params"],
            "is missing.",
            "A result from outside the run needs the point it was read at.",
          )
        : problem(path, "does not name a trial.", "Give its id, or the params that were evaluated."),
    )
  const { failed } = result
  const broken = failed === true || typeof failed === "string"
  // What a function that forgets its return gives does not say that the evaluation failed. A field that is written wrong is told of above.
  if (result.value === undefined && !broken && unknown.length === 0)
    problems.push(
      problem(
        [...path, "value"],
        Object.hasOwn(result, "value") ? "is undefined, which is not a measurement." : "is missing.",
        "Give the number that was measured, or null (or failed) for an evaluation that failed.",
      ),
    )
  const value = result.value ?? null
  if (value !== null && typeof value !== "number")
    problems.push(
      problem([...path, "value"], `must be a number, or null for a failed evaluation, got ${show(value)}.`),
    )
  const cost = result.cost ?? 1
  if (!(typeof cost === "number" && Number.isFinite(cost) && cost >= 0))
    problems.push(problem([...path, "cost"], `must be a number of at least 0, got ${show(cost)}.`))
  if (failed !== undefined && typeof failed !== "boolean" && typeof failed !== "string")
    problems.push(problem([...path, "failed"], `must be true or the reason, got ${show(failed)}.`))
  const finite = typeof value === "number" && Number.isFinite(value)
  return {
    id: named as number | null,
    params: point?.params ?? null,
    unit: point?.unit ?? null,
    // + 0 turns a negative zero into zero, which JSON would lose.
    value: finite && !broken ? value + 0 : null,
    cost: cost as number,
    error:
      typeof failed === "string"
        ? failed.slice(0, LONGEST_ERROR)
        : broken || value === null
          ? null
          : finite
            ? null
            : `the value was ${value as number}`,
  }
}

/** What is kept of the reason for a failure. */
const LONGEST_ERROR = 500

interface Point {
  readonly params: Params
  readonly unit: Float64Array
}

/** The point that parameters name, as this space writes it; null when they do not name one. */
function readPoint(
  input: unknown,
  path: ReadonlyArray<PropertyKey>,
  { space, problems }: Reader,
): Point | null {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    problems.push(problem(path, `must be an object of parameters, got ${show(input)}.`))
    return null
  }
  const given = input as Record<string, unknown>
  const before = problems.length
  const params: Record<string, Params[string]> = {}
  const unit = new Float64Array(space.size)
  for (const name of Object.keys(given)) {
    if (!space.has(name))
      problems.push(problem([...path, name], "is not a parameter here.", didYouMean(name, space.names)))
  }
  space.names.forEach((name, i) => {
    if (!Object.hasOwn(given, name)) {
      problems.push(missing([...path, name], space.expected(i)))
      return
    }
    unit[i] = space.encodeOne(i, given[name])
    params[name] = given[name] as Params[string]
    if (Number.isNaN(unit[i]))
      problems.push(problem([...path, name], `must be ${space.expected(i)}, got ${show(given[name])}.`))
  })
  return problems.length === before ? { params, unit } : null
}
