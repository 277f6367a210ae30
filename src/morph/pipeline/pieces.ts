/**
 * What a piece of a service is: the function that answers now (the incumbent), what calling it twice would do, and how two answers are
 * compared. `readPieces` is the door: everything behind it may trust what it gives.
 */
import { GrowthError } from "../../domain/GrowthError.ts"
import type { Problem } from "../../domain/Problem.ts"
import { didYouMean, problem, show, tidy } from "../../domain/problems.ts"

/** Any function fits; what it takes and gives is the caller's type. */
export type AnyFunction = (...args: never[]) => unknown

/** What calling a function once more does: nothing, nothing new, or something that may happen once only. */
export const EFFECTS = ["none", "repeatable", "once"] as const
/** What calling a function once more does, by name. */
export type Effects = (typeof EFFECTS)[number]

/** What is compared: the chunks of a generator or stream, else the answer that was waited for. */
export type AnswerOf<F extends AnyFunction> =
  ReturnType<F> extends Generator<infer T, unknown, unknown> | AsyncGenerator<infer T, unknown, unknown>
    ? ReadonlyArray<T>
    : ChunksOf<Awaited<ReturnType<F>>>

/** Of a web or a Node stream. */
type ChunksOf<A> = A extends { readonly [Symbol.asyncIterator]: () => AsyncIterator<infer T> } & (
  | { readonly getReader: unknown }
  | { readonly unpipe: unknown }
)
  ? ReadonlyArray<T>
  : A

/** A piece of a service, as its owner declares it. */
export interface Piece<F extends AnyFunction> {
  /** What answers today: a plain, async or generator function; its answer may be a web or a Node stream. */
  readonly incumbent: F
  /**
   * `none`: may be called with any input at any time. `repeatable`: twice is as good as once, now. `once`: never called a second time
   * for one call, neither as a mirror nor in place of a candidate that failed.
   */
  readonly effects: Effects
  /**
   * Whether two answers are as good as the same: true or false, at once. If left out they are compared by what they hold, up to 20,000
   * fields and 4 MiB; what is larger, or hidden in an object of a class, counts as a disagreement. One that throws has said no.
   */
  readonly agree?: (incumbent: AnswerOf<F>, candidate: AnswerOf<F>) => boolean
  /** A candidate that has not answered by then is late, and the incumbent answers. Above 0. */
  readonly deadlineMs: number
  /** Who calls: one user stays on one side for the life of a graft. A call without one is a unit of its own. */
  readonly key?: (...args: Parameters<F>) => string | number | bigint
  /** What an answer cost, above 0: compared between the two sides as times are. */
  readonly cost?: (answer: AnswerOf<F>, ...args: Parameters<F>) => number
  /** Keeps inputs of some calls, for the trial of the next candidate: how many, and what of them may be kept. Off if left out. */
  readonly record?: {
    readonly most: number
    readonly redact?: (args: Parameters<F>) => Parameters<F>
  }
}

/** Pieces of a service by the names of their sockets. */
export type Pieces<P extends Readonly<Record<string, AnyFunction>>> = {
  readonly [K in keyof P]: Piece<P[K]>
}

type Answer = (incumbent: unknown, candidate: unknown) => unknown

/** A piece that was checked, without its types. */
export interface CheckedPiece {
  readonly name: string
  readonly incumbent: AnyFunction
  readonly effects: Effects
  /** Null where answers are compared by what they hold. */
  readonly agree: Answer | null
  readonly deadlineMs: number
  readonly key: ((...args: unknown[]) => unknown) | null
  readonly cost: ((answer: unknown, ...args: unknown[]) => unknown) | null
  readonly record: {
    readonly most: number
    readonly redact: (args: ReadonlyArray<unknown>) => ReadonlyArray<unknown>
  } | null
}

const KNOWN: ReadonlyArray<keyof Piece<AnyFunction>> = [
  "incumbent",
  "effects",
  "agree",
  "deadlineMs",
  "key",
  "cost",
  "record",
]

const MOST_DEADLINE_MS = 2 ** 31 - 1
const MOST_RECORDED = 100_000
const EXAMPLE = 'Give { search: { incumbent, effects: "none", deadlineMs: 200 } }.'

/** The pieces, checked. Throws a `GrowthError` with every problem. */
export function readPieces(given: unknown): ReadonlyArray<CheckedPiece> {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new GrowthError({
      problems: [problem(["host"], `must be pieces by name, not ${show(given)}.`, EXAMPLE)],
    })
  const entries = Object.entries(given)
  const problems = entries.flatMap(([name, piece]) => problemsWith(name, piece))
  if (entries.length === 0) problems.push(problem(["host"], "has no piece.", EXAMPLE))
  if (problems.length > 0) throw new GrowthError({ problems: tidy(problems) })
  return entries.map(([name, piece]) => checked(name, piece as Piece<AnyFunction>))
}

function checked(name: string, piece: Piece<AnyFunction>): CheckedPiece {
  const { incumbent, effects, agree = null, deadlineMs, key = null, cost = null, record } = piece
  return {
    name,
    incumbent,
    effects,
    agree,
    deadlineMs,
    key: key as CheckedPiece["key"],
    cost: cost as CheckedPiece["cost"],
    record:
      record === undefined
        ? null
        : {
            most: record.most,
            redact: (record.redact ?? ((args: unknown) => args)) as NonNullable<
              CheckedPiece["record"]
            >["redact"],
          },
  }
}

function problemsWith(name: string, piece: unknown): ReadonlyArray<Problem> {
  const at = (field: string): ReadonlyArray<string> => ["host", name, field]
  if (!/^[^\s#]{1,100}$/.test(name))
    return [
      problem(
        ["host", name],
        "cannot be the name of a socket.",
        "Give 1 to 100 characters without spaces or #.",
      ),
    ]
  if (typeof piece !== "object" || piece === null)
    return [problem(["host", name], `must be a piece, not ${show(piece)}.`, EXAMPLE)]
  const given = piece as Readonly<Record<string, unknown>>
  const problems: Array<Problem> = []
  for (const field of Object.keys(given))
    if (!KNOWN.includes(field as (typeof KNOWN)[number]))
      problems.push(problem(at(field), "is not known.", didYouMean(field, KNOWN)))
  if (typeof given["incumbent"] !== "function")
    problems.push(problem(at("incumbent"), `must be a function, not ${show(given["incumbent"])}.`))
  for (const field of ["agree", "key", "cost"])
    if (given[field] !== undefined && typeof given[field] !== "function")
      problems.push(problem(at(field), `must be a function, not ${show(given[field])}.`, "Leave it out."))
  if (!EFFECTS.includes(given["effects"] as Effects))
    problems.push(
      problem(at("effects"), `is ${show(given["effects"])}.`, didYouMean(given["effects"], EFFECTS)),
    )
  if (!isBetween(given["deadlineMs"], 0, MOST_DEADLINE_MS))
    problems.push(
      problem(
        at("deadlineMs"),
        `must be milliseconds above 0, not ${show(given["deadlineMs"])}.`,
        "Give the longest time that a caller can wait.",
      ),
    )
  return [...problems, ...recordProblems(at("record"), given["record"], given["effects"])]
}

function recordProblems(
  at: ReadonlyArray<string>,
  record: unknown,
  effects: unknown,
): ReadonlyArray<Problem> {
  if (record === undefined) return []
  const { most, redact } = (record ?? {}) as { readonly most?: unknown; readonly redact?: unknown }
  return [
    ...(isBetween(most, 0, MOST_RECORDED) && Number.isInteger(most)
      ? []
      : [problem([...at, "most"], `must be a whole number from 1 to ${MOST_RECORDED}, not ${show(most)}.`)]),
    ...(redact === undefined || typeof redact === "function"
      ? []
      : [problem([...at, "redact"], `must be a function, not ${show(redact)}.`, "Leave it out.")]),
    ...(effects === "none"
      ? []
      : [
          problem(
            at,
            `stands beside effects ${show(effects)}: an old input is called again.`,
            'Leave it out, or declare effects "none".',
          ),
        ]),
  ]
}

const isBetween = (value: unknown, above: number, most: number): value is number =>
  typeof value === "number" && value > above && value <= most
