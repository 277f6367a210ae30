/**
 * A run as it is saved: configuration, what was told in its order, what is still out. Everything else follows by
 * repeating it. A state is read whole or not at all: one StateError lists everything that is wrong or does not fit together.
 */
import { type Problem, StateError } from "../domain/errors.ts"
import { problem, tidy } from "../domain/problems.ts"
import { SolverConfigShape } from "./configSchema.ts"
import { SCHEMA_VERSION, versionProblem } from "./schemaVersion.ts"
import {
  about,
  anything,
  list,
  object,
  optionalOrNull,
  readShape,
  type ShapeType,
  string,
  whole,
} from "../domain/Shape.ts"
import { problemsOf } from "../domain/readInput.ts"
import {
  count,
  EntryShape,
  entryProblems,
  fullEntry,
  type HistoryEntry,
  ParamNames,
  type PendingEntry,
  PendingShape,
} from "./history.ts"
import { plainData, objectOf } from "./plainData.ts"
import { readConfig, type SolverConfig, type SolverSettings, type StrategyName } from "./SolverConfig.ts"

export type { HistoryEntry, PendingEntry }

/** Where a run stands, in numbers. All but `duplicates` follow from the history. */
export const CountsShape = object({
  budget: about(count, "Evaluations of the whole run."),
  spent: about(count, "Evaluations, requested or not."),
  asked: about(count, "Trials asked for."),
  told: about(count, "Trials with a result."),
  pending: about(count, "Trials without a result."),
  failed: about(count, "Results without a number."),
  duplicates: about(count, "Results that were already known, and ignored."),
  seeded: about(count, "Readings from before the run."),
  foreign: about(count, "Readings that were not requested."),
})
export interface RunCounts extends ShapeType<typeof CountsShape> {}

const runId = about(
  string({
    expected: "a name of 1 to 200 characters",
    holds: (id) => id.trim() !== "" && id.length <= 200,
    json: { minLength: 1, maxLength: 200 },
  }),
  "Name of the run.",
)

/** The fields that state and artifact share, the configuration aside. */
export const runFields = {
  $schema: optionalOrNull(about(string(), "For editors; not read.")),
  schema_version: optionalOrNull(
    about(whole(1, SCHEMA_VERSION), { description: "Version of this format.", default: SCHEMA_VERSION }),
  ),
  run_id: runId,
  history: about(list(EntryShape), "The evaluations in the order they were told."),
  pending: optionalOrNull(about(list(PendingShape), "Trials without a result.")),
  counts: optionalOrNull(about(CountsShape, "Where the run stands.")),
}

export const SolverStateShape = about(object({ ...runFields, config: SolverConfigShape }), {
  name: "SolverState",
  title: "Arqon solver state",
  description:
    "An offline search as it is saved between two calls. docs/reference/solver-files.md describes all of it.",
})

/** A checked state with everything filled in; itself a valid input. */
export interface SolverState {
  readonly schema_version: typeof SCHEMA_VERSION
  readonly run_id: string
  readonly config: SolverConfig
  readonly history: ReadonlyArray<HistoryEntry>
  readonly pending: ReadonlyArray<PendingEntry>
  readonly counts?: RunCounts
}

/** The configuration is read apart, with its own words for each problem. */
const DocumentShape = object({ ...runFields, config: anything })

/**
 * The state, or a StateError. Total: no input makes it throw. Whether this build asks for the points that were recorded
 * shows only when `Solver.restore` repeats them.
 *
 * @param strategies further strategies that the configuration may name
 */
export function parseSolverState(
  input: unknown,
  strategies: ReadonlyArray<StrategyName | string> = [],
): SolverState | StateError {
  const plain = plainData(input)
  const refuse = (problems: ReadonlyArray<Problem>): StateError =>
    new StateError({ problems: tidy(problems) })
  if (plain.problems.length > 0) return refuse(plain.problems)
  const newer = versionProblem(plain.value, [])
  if (newer !== null) return refuse([newer])
  const document = objectOf(plain.value)
  const config =
    document !== null && "config" in document ? readConfig(document.config, ["config"], strategies) : []
  const read = readShape(DocumentShape, plain.value)
  if (!read.ok || Array.isArray(config))
    return refuse([...problemsOf(read), ...(Array.isArray(config) ? config : [])])
  const { history, pending, counts } = read.value
  const run = { history, pending: pending ?? [], counts: counts ?? null }
  const problems = runProblems(run, config.budget, config)
  if (problems.length > 0) return refuse(problems)
  return {
    schema_version: SCHEMA_VERSION,
    run_id: read.value.run_id,
    config: config.config,
    history: history.map(fullEntry),
    pending: run.pending,
    ...(run.counts === null ? {} : { counts: run.counts }),
  }
}

interface Run {
  readonly history: ReadonlyArray<ShapeType<typeof EntryShape>>
  readonly pending: ReadonlyArray<PendingEntry>
  readonly counts: RunCounts | null
}

/** What the parts of a run say against each other. `settings` is null where the configuration is not known. */
export function runProblems(
  run: Run,
  budget: number,
  settings: SolverSettings | null,
): ReadonlyArray<Problem> {
  const { history, pending, counts } = run
  const problems: Array<Problem> = []
  const names = new ParamNames(settings?.space ?? null)
  const owners = new Map<number, string>()
  const claim = (id: number, owner: string, path: ReadonlyArray<PropertyKey>): void => {
    const before = owners.get(id)
    if (before === undefined) owners.set(id, owner)
    else
      problems.push(problem([...path, "eval_id"], `is ${id}, as in ${before}.`, "No two trials share an id."))
  }
  let failed = 0
  let seeded = 0
  const told = history.filter((entry) => typeof entry.asked_after === "number").length
  const asked = told + pending.length
  const order = new AskOrder(asked)
  history.forEach((entry, i) => {
    if (problems.length >= ENOUGH) return
    const path = ["history", i]
    names.check(entry.params, [...path, "params"], problems)
    entryProblems(entry, path, problems)
    const id = entry.eval_id ?? null
    const position = entry.asked_after ?? null
    if (id !== null) claim(id, `history[${i}]`, path)
    if (entry.value === null) failed++
    if (entry.phase === "seed") seeded++
    if (position === null) return
    if (position > i)
      problems.push(
        problem([...path, "asked_after"], `is ${position}: asked for after it was told, at ${i}.`, ORDER),
      )
    if (id !== null) order.put(id, position, path, problems)
  })
  pending.forEach((entry, i) => {
    if (problems.length >= ENOUGH) return
    const path = ["pending", i]
    names.check(entry.params, [...path, "params"], problems)
    claim(entry.eval_id, `pending[${i}]`, path)
    if (entry.asked_after > history.length)
      problems.push(
        problem(
          [...path, "asked_after"],
          `is ${entry.asked_after}; the history ends at ${history.length}.`,
          ORDER,
        ),
      )
    order.put(entry.eval_id, entry.asked_after, path, problems)
  })
  if (problems.length >= ENOUGH) return problems
  // Readings that nobody asked for may exceed the budget: they are told, not spent.
  if (asked > budget)
    problems.push(
      problem(
        ["history"],
        `holds ${asked} trials, pending ones included; the budget is ${budget}.`,
        "Raise the budget, or import the excess as a warm start.",
      ),
    )
  order.check(problems)
  if (counts === null) return problems
  const foreign = history.length - seeded - told
  const due = {
    budget,
    spent: asked + foreign,
    asked,
    told,
    pending: pending.length,
    failed,
    seeded,
    foreign,
  }
  for (const key of Object.keys(due) as Array<keyof typeof due>) {
    if (counts[key] !== due[key])
      problems.push(
        problem(["counts", key], `is ${counts[key]}; by the history it is ${due[key]}.`, "Leave counts out."),
      )
  }
  return problems
}

/** Problems after which a run is not looked at any further: far more than are shown. */
const ENOUGH = 1000
const ORDER = "It is the length of the history when the trial was requested."

/** When each trial was asked for, by id: the ids run from 0 without a gap, and the positions never go back. */
class AskOrder {
  private readonly positions: Float64Array

  constructor(asked: number) {
    this.positions = new Float64Array(asked).fill(-1)
  }

  put(id: number, position: number, path: ReadonlyArray<PropertyKey>, problems: Array<Problem>): void {
    if (id < this.positions.length) this.positions[id] = position
    else
      problems.push(
        problem(
          [...path, "eval_id"],
          `is ${id}, but ${this.positions.length} trials were asked for.`,
          "Trials are counted from 0, without a gap.",
        ),
      )
  }

  check(problems: Array<Problem>): void {
    const { positions } = this
    const missing = positions.indexOf(-1)
    if (missing >= 0) {
      problems.push(
        problem(["history"], `has no trial ${missing}.`, "Trials are counted from 0, without a gap."),
      )
      return
    }
    for (let i = 1; i < positions.length; i++) {
      if (positions[i] >= positions[i - 1]) continue
      const message = `says that trial ${i} was asked for before trial ${i - 1}.`
      problems.push(problem(["history"], message, ORDER))
      return
    }
  }
}
