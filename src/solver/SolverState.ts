/**
 * A run as it is saved: configuration, what was told in its order, what is still out. Everything else follows by
 * repeating it. A state is read whole or not at all: one StateError lists everything that is wrong or does not fit together.
 */
import * as Schema from "effect/Schema"
import { type Problem, StateError } from "../domain/errors.ts"
import { problem, tidy } from "../domain/problems.ts"
import { SolverConfigSchema } from "./configSchema.ts"
import { exact, failureProblems, optional, SCHEMA_VERSION, versionProblem, whole } from "./fields.ts"
import {
  count,
  EntrySchema,
  entryProblems,
  fullEntry,
  type HistoryEntry,
  ParamNames,
  type PendingEntry,
  PendingSchema,
} from "./history.ts"
import { plainData, record } from "./plainData.ts"
import { readConfig, type SolverConfig, type SolverSettings, type StrategyName } from "./SolverConfig.ts"

export type { HistoryEntry, PendingEntry }

/** Where a run stands, in numbers. All but `duplicates` follow from the history. */
export const CountsSchema = Schema.Struct({
  budget: count.annotate({ description: "Evaluations of the whole run." }),
  spent: count.annotate({ description: "Evaluations asked for or told unasked." }),
  asked: count.annotate({ description: "Trials asked for." }),
  told: count.annotate({ description: "Trials that a result came for." }),
  pending: count.annotate({ description: "Trials that no result has come for." }),
  failed: count.annotate({ description: "Results without a number." }),
  duplicates: count.annotate({ description: "Results that were known already, and ignored." }),
  seeded: count.annotate({ description: "Readings from before the run." }),
  foreign: count.annotate({ description: "Readings that nobody had asked for." }),
})
export interface RunCounts extends Schema.Schema.Type<typeof CountsSchema> {}

export const runId = Schema.String.check(
  Schema.makeFilter((id: string) => id.trim() !== "" && id.length <= 200, {
    expected: "a name of 1 to 200 characters",
    toJsonSchema: () => ({ minLength: 1, maxLength: 200 }),
  }),
).annotate({ description: "Name of the run." })

/** The fields that state and artifact share, the configuration aside. */
export const runFields = {
  $schema: optional(Schema.String.annotate({ description: "For editors; not read." })),
  schema_version: optional(
    whole(1, SCHEMA_VERSION).annotate({ description: "Version of this format.", default: SCHEMA_VERSION }),
  ),
  run_id: runId,
  history: Schema.Array(EntrySchema).annotate({
    description: "The evaluations in the order they were told.",
  }),
  pending: optional(
    Schema.Array(PendingSchema).annotate({ description: "Trials that no result has come for." }),
  ),
  counts: optional(CountsSchema.annotate({ description: "Where the run stands." })),
}

export const SolverStateSchema = Schema.Struct({ ...runFields, config: SolverConfigSchema }).annotate({
  identifier: "SolverState",
  title: "Arqon solver state",
  description:
    "An offline search as it is saved between two calls. docs/reference/solver-files.md tells all of it.",
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

const decode = Schema.decodeUnknownExit(Schema.Struct({ ...runFields, config: Schema.Unknown }), exact)

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
  const document = record(plain.value)
  const config =
    document !== null && "config" in document ? readConfig(document.config, ["config"], strategies) : []
  const exit = decode(plain.value)
  if (exit._tag === "Failure" || Array.isArray(config)) {
    const found = exit._tag === "Failure" ? failureProblems(exit, plain.value, []) : []
    return refuse([...found, ...(Array.isArray(config) ? config : [])])
  }
  const { history, pending, counts } = exit.value
  const run = { history, pending: pending ?? [], counts: counts ?? null }
  const problems = runProblems(run, config.budget, config)
  if (problems.length > 0) return refuse(problems)
  return {
    schema_version: SCHEMA_VERSION,
    run_id: exit.value.run_id,
    config: config.config,
    history: history.map(fullEntry),
    pending: run.pending,
    ...(run.counts === null ? {} : { counts: run.counts }),
  }
}

interface Run {
  readonly history: ReadonlyArray<typeof EntrySchema.Type>
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
        "Raise the budget, or import what is too much as a warm start.",
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
const ORDER = "It is the number of entries there were when the trial was asked for."

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
