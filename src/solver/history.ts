/**
 * The history of a run as JSON: one entry an evaluation, in the order told. States and artifacts are made of it, and it
 * can be read by itself for a warm start. The seeds' own entries (params, value, cost) are read as they are and filled in.
 */
import { ArtifactError, type Problem } from "../domain/errors.ts"
import { didYouMean, missing, problem, show, tidy } from "../domain/problems.ts"
import { ParamValueShape } from "./configSchema.ts"
import {
  about,
  anything,
  list,
  nullOr,
  number,
  numberThat,
  object,
  oneOf,
  optional,
  optionalOrNull,
  readShape,
  record,
  type ShapeType,
  text,
  whole,
} from "../domain/Shape.ts"
import { plainData, objectOf } from "./plainData.ts"
import type { Params, SearchSpace } from "./SearchSpace.ts"

export const RUN_PHASES = ["probe", "classify", "refine"] as const
export const ENTRY_PHASES = ["seed", ...RUN_PHASES, "told"] as const

/** Trial ids and positions in a history: whole numbers from 0. */
export const count = whole(0, Number.MAX_SAFE_INTEGER)

export const ParamsShape = about(
  record(ParamValueShape),
  "Values by parameter name, each in the parameter's own units.",
)

const UNREAD = "Anything else in a result: neither read nor kept."

/** One evaluation as a document holds it. */
export const EntryShape = about(
  object({
    eval_id: optionalOrNull(
      about(
        count,
        "The trial, counted from 0 in the order asked; null for a reading that no trial of the run requested.",
      ),
    ),
    params: ParamsShape,
    value: about(
      nullOr(number()),
      "What was measured, in the objective's own units; null when the evaluation failed.",
    ),
    cost: optionalOrNull(
      about(
        numberThat("a number of at least 0", (n) => n >= 0, { minimum: 0 }),
        { description: "What the evaluation cost, in any unit.", default: 1 },
      ),
    ),
    phase: optionalOrNull(
      about(oneOf(ENTRY_PHASES), {
        description:
          "The phase that asked for it; told: a reading that was not requested; seed: known before the run, outside the budget.",
        default: "told",
      }),
    ),
    decision: optionalOrNull(about(text(200), "Why this point: the move of the strategy that asked for it.")),
    status: optionalOrNull(about(oneOf(["ok", "failed"]), "Whether there is a value. Follows from it.")),
    asked_after: optionalOrNull(
      about(
        count,
        "Length of the history when the trial was requested; null for a reading that was not requested.",
      ),
    ),
    error: optionalOrNull(about(text(1000), "Why the evaluation failed.")),
    batch: about(optional(anything), UNREAD),
    metadata: about(optional(anything), UNREAD),
  }),
  { title: "Evaluation" },
)

/** A trial that no result has come for. */
export const PendingShape = about(
  object({
    eval_id: about(count, "The trial, counted from 0 in the order asked."),
    params: ParamsShape,
    asked_after: about(count, "Length of the history when it was requested."),
    phase: about(oneOf(RUN_PHASES), "The phase that asked for it."),
    decision: about(text(200), "Why this point."),
  }),
  { title: "Pending trial" },
)
export interface PendingEntry extends ShapeType<typeof PendingShape> {}

/** One evaluation with everything filled in. */
export interface HistoryEntry {
  readonly eval_id: number | null
  readonly params: Params
  readonly value: number | null
  readonly cost: number
  readonly phase: (typeof ENTRY_PHASES)[number]
  readonly decision: string
  readonly status: "ok" | "failed"
  readonly asked_after: number | null
  readonly error?: string
}

type RawEntry = ShapeType<typeof EntryShape>

/** The entry with what the seeds leave out. */
export function fullEntry(raw: RawEntry): HistoryEntry {
  const asked = raw.asked_after ?? null
  const phase = raw.phase ?? "told"
  const entry: HistoryEntry = {
    eval_id: raw.eval_id ?? null,
    params: raw.params,
    value: raw.value,
    cost: raw.cost ?? 1,
    phase,
    decision: raw.decision ?? phase,
    status: raw.value === null ? "failed" : "ok",
    asked_after: asked,
  }
  return raw.error === undefined || raw.error === null ? entry : { ...entry, error: raw.error }
}

const HistoryShape = list(EntryShape)

/**
 * The evaluations of whatever holds some: a list of results, or a state or artifact, ours or the seeds', whose other fields are
 * not looked at. For a warm start. Total: no input makes it throw.
 *
 * @param space where to check that the parameters are those of this space; unchecked when omitted
 */
export function parseHistory(
  input: unknown,
  space?: SearchSpace,
): ReadonlyArray<HistoryEntry> | ArtifactError {
  const plain = plainData(input)
  const refuse = (problems: ReadonlyArray<Problem>): ArtifactError =>
    new ArtifactError({ document: "history", problems: tidy(problems) })
  if (plain.problems.length > 0) return refuse(plain.problems)
  const holder = objectOf(plain.value)
  const path = holder === null ? [] : ["history"]
  const list = holder === null ? plain.value : holder.history
  if (!Array.isArray(list))
    return refuse([
      problem(path, `must be a list of evaluations, got ${show(list)}.`, 'Each { "params", "value" }.'),
    ])
  const read = readShape(HistoryShape, list, { at: path })
  if (!read.ok) return refuse(read.problems)
  const problems: Array<Problem> = []
  read.value.forEach((raw, i) => entryProblems(raw, [...path, i], problems))
  const names = new ParamNames(space ?? null)
  read.value.forEach((raw, i) => names.check(raw.params, [...path, i, "params"], problems))
  return problems.length > 0 ? refuse(problems) : read.value.map(fullEntry)
}

type Path = ReadonlyArray<PropertyKey>

/** What the fields of one entry say against each other. */
export function entryProblems(raw: RawEntry, path: Path, problems: Array<Problem>): void {
  const { status, value } = raw
  if (status === "ok" && value === null)
    problems.push(problem([...path, "status"], "is ok without a value.", 'Write "failed".'))
  if (status === "failed" && value !== null)
    problems.push(problem([...path, "status"], "is failed with a value.", "Write null for the value."))
  const id = raw.eval_id ?? null
  const asked = raw.asked_after ?? null
  const phase = raw.phase ?? null
  if (asked === null) return
  if (id === null)
    problems.push(
      problem(
        [...path, "eval_id"],
        "is missing for a trial that was asked for.",
        "Give the trial's number, or leave asked_after out.",
      ),
    )
  if (phase === null || phase === "seed" || phase === "told")
    problems.push(
      problem([...path, "phase"], `must be probe, classify or refine for a trial, got ${show(phase)}.`),
    )
}

/** Checks that points are points of a space; without one, that they all have the parameters of the first. */
export class ParamNames {
  private readonly space: SearchSpace | null
  private first: ReadonlyArray<string> | null = null

  constructor(space: SearchSpace | null) {
    this.space = space
  }

  check(params: Params, path: Path, problems: Array<Problem>): void {
    const { space } = this
    this.first ??= Object.keys(params)
    const names = space?.names ?? this.first
    let known = 0
    for (let i = 0; i < names.length; i++) {
      const name = names[i]
      if (!Object.hasOwn(params, name)) {
        problems.push(missing([...path, name], space === null ? null : space.expected(i)))
        continue
      }
      known++
      if (space !== null && Number.isNaN(space.encodeOne(i, params[name])))
        problems.push(problem([...path, name], `must be ${space.expected(i)}, got ${show(params[name])}.`))
    }
    if (Object.keys(params).length === known) return
    for (const name of Object.keys(params)) {
      if (!names.includes(name))
        problems.push(problem([...path, name], "is not a parameter here.", didYouMean(name, names)))
    }
  }
}
