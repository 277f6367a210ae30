/**
 * The book of a run: which trials were asked for, which results came, in which order. It decides which trial a result
 * belongs to, and ignores what it has heard before; it knows nothing of phases or strategies. Its history, with the
 * position at which each trial was asked, is all that is needed to repeat the run.
 */
import { StateError } from "../domain/errors.ts"
import type { Readings } from "./Readings.ts"
import type { Answer } from "./Answer.ts"
import type { Params, SearchSpace } from "./SearchSpace.ts"
import type { HistoryEntry, PendingEntry, SolverState } from "./SolverState.ts"

/** The phases in which trials are asked for. */
export type RunPhase = "probe" | "classify" | "refine"

/** What a trial was asked for. */
export interface AskedTrial {
  readonly id: number
  readonly params: Params
  readonly phase: RunPhase
  readonly move: string
}

/** What became of an answer: which trial it was taken for (-1: none), and where. */
export interface TellOutcome {
  readonly kind: "trial" | "foreign" | "seed" | "duplicate"
  readonly id: number
  readonly unit: Float64Array
}

/**
 * Where a result comes from: "run" may answer a trial, "outside" is a reading that no trial asked for, "seed" one from
 * before the run.
 */
export type Origin = "run" | "outside" | "seed"

/** A trial as a state or an artifact recorded it. */
export interface RecordedTrial {
  readonly eval_id: number
  readonly asked_after: number
  readonly params: Params
  readonly phase: string
  readonly decision: string
}

interface Entry extends AskedTrial {
  readonly unit: Float64Array
  readonly askedAfter: number
  /** Null while the trial is out; NaN when it failed. */
  value: number | null
}

export class TrialLog {
  readonly history: Array<HistoryEntry> = []
  told = 0
  failed = 0
  duplicates = 0
  seeded = 0
  foreign = 0
  private readonly space: SearchSpace
  private readonly trials: Array<Entry> = []
  private readonly out = new Set<number>()
  private readonly idOfParams = new WeakMap<object, number>()
  private readonly phases: Record<RunPhase, number> = { probe: 0, classify: 0, refine: 0 }
  /** Trials by the values of their parameters, oldest first. Made when the first result comes that can only be told so. */
  private idsByPoint: Map<string, Array<number>> | null = null

  constructor(space: SearchSpace) {
    this.space = space
  }

  get asked(): number {
    return this.trials.length
  }

  get pending(): number {
    return this.out.size
  }

  /** Evaluations that are over: trials with a result, failed ones included, and readings nobody asked for. */
  get resolved(): number {
    return this.told + this.foreign
  }

  askedIn(phase: RunPhase): number {
    return this.phases[phase]
  }

  /** Writes down a new trial; its id is the number of those before it. `unit` is copied. */
  ask(unit: Float64Array, phase: RunPhase, move: string): void {
    const id = this.trials.length
    const params = Object.freeze(this.space.decode(unit))
    this.trials.push({
      id,
      params,
      phase,
      move,
      unit: Float64Array.from(unit),
      askedAfter: this.history.length,
      value: null,
    })
    this.out.add(id)
    this.phases[phase]++
    this.idOfParams.set(params, id)
    if (this.idsByPoint !== null) this.index(this.idsByPoint, id)
  }

  trial(id: number): AskedTrial {
    return this.trials[id]
  }

  pendingIds(): ReadonlyArray<number> {
    return [...this.out]
  }

  pendingEntries(): ReadonlyArray<PendingEntry> {
    return this.pendingIds().map((id) => {
      const { params, phase, move, askedAfter } = this.trials[id]
      return { eval_id: id, params, phase, decision: move, asked_after: askedAfter }
    })
  }

  /** Where a trial is, unit space, on the grid. */
  unitOf(id: number): Float64Array {
    return this.trials[id].unit
  }

  /** Trials that are out although at least `results` others have come since they were asked. */
  overdue(results: number): ReadonlyArray<number> {
    const latest = this.history.length - results
    const overdue: Array<number> = []
    // In the order asked: after the first that is not overdue none is.
    for (const id of this.out) {
      if (this.trials[id].askedAfter > latest) break
      overdue.push(id)
    }
    return overdue
  }

  /** The trial whose very parameters these are, the object that `ask` gave out; -1 when it is not one of them. */
  idOfObject(params: object): number {
    return this.idOfParams.get(params) ?? -1
  }

  /** Takes an answer down, unless it is known. */
  tell(answer: Answer, origin: Origin): TellOutcome {
    const id = origin === "run" ? this.match(answer) : -1
    if (id === DUPLICATE || (id >= 0 && this.trials[id].value !== null)) {
      this.duplicates++
      return { kind: "duplicate", id: -1, unit: NOWHERE }
    }
    if (id < 0) return this.tellUnasked(answer, origin === "seed")
    const trial = this.trials[id]
    trial.value = answer.value ?? Number.NaN
    this.out.delete(id)
    this.told++
    if (answer.value === null) this.failed++
    this.write(answer, id, trial.params, trial.phase, trial.move, trial.askedAfter)
    return { kind: "trial", id, unit: trial.unit }
  }

  /** Index among the readings of the lowest that belongs to a trial; -1 when there is none. */
  lowestAsked(readings: Readings): number {
    let lowest = -1
    for (let r = 0; r < readings.count; r++) {
      if (readings.ids[r] >= 0 && (lowest < 0 || readings.losses[r] < readings.losses[lowest])) lowest = r
    }
    return lowest
  }

  /** Every trial of a state in the order it was asked; a StateError when the order has holes. */
  static recorded(state: SolverState): ReadonlyArray<RecordedTrial> {
    const trials = [...state.history, ...state.pending].flatMap((entry) => {
      const { eval_id, asked_after, params, phase, decision } = entry
      return eval_id === null || asked_after === null
        ? []
        : [{ eval_id, asked_after, params, phase, decision }]
    })
    trials.sort((a, b) => a.eval_id - b.eval_id)
    trials.forEach((trial, i) => {
      if (trial.eval_id !== i || (i > 0 && trial.asked_after < trials[i - 1].asked_after))
        throw new StateError({
          problems: [
            {
              path: "history",
              message: `has a gap in its order of trials: trial ${i} is missing or out of place.`,
              suggestion: "Use the file as it was written, or import its history as a warm start.",
            },
          ],
        })
    })
    return trials
  }

  /** How a trial differs from its record, in words; null when it does not. */
  differenceFrom(id: number, recorded: RecordedTrial): string | null {
    const { params, phase, move } = this.trials[id]
    const name = this.space.names.find((one) => params[one] !== recorded.params[one])
    if (name !== undefined)
      return `recorded ${name} = ${String(recorded.params[name])}, repeated ${String(params[name])}.`
    if (phase !== recorded.phase || move !== recorded.decision)
      return `recorded as ${recorded.phase}/${recorded.decision}, repeated as ${phase}/${move}.`
    return null
  }

  private tellUnasked(answer: Answer, seed: boolean): TellOutcome {
    const unit = answer.unit ?? NOWHERE
    const params = answer.params ?? {}
    if (seed) this.seeded++
    else this.foreign++
    if (answer.value === null) this.failed++
    this.write(answer, null, params, seed ? "seed" : "told", seed ? "seed" : "told", null)
    return { kind: seed ? "seed" : "foreign", id: -1, unit }
  }

  /** The trial an answer belongs to; -1 when there is none, DUPLICATE when it was heard before without its id. */
  private match(answer: Answer): number {
    if (answer.id !== null) return answer.id
    if (answer.params === null) return -1
    if (this.idsByPoint === null) {
      this.idsByPoint = new Map()
      for (let id = 0; id < this.trials.length; id++) this.index(this.idsByPoint, id)
    }
    const ids = this.idsByPoint.get(this.pointKey(answer.params)) ?? []
    const waiting = ids.find((id) => this.trials[id].value === null)
    if (waiting !== undefined) return waiting
    const value = answer.value ?? Number.NaN
    return ids.some((id) => Object.is(this.trials[id].value, value)) ? DUPLICATE : -1
  }

  private index(ids: Map<string, Array<number>>, id: number): void {
    const key = this.pointKey(this.trials[id].params)
    const there = ids.get(key)
    if (there === undefined) ids.set(key, [id])
    else there.push(id)
  }

  private pointKey(params: Params): string {
    return JSON.stringify(this.space.names.map((name) => params[name]))
  }

  private write(
    answer: Answer,
    id: number | null,
    params: Params,
    phase: HistoryEntry["phase"],
    decision: string,
    askedAfter: number | null,
  ): void {
    const entry: HistoryEntry = {
      eval_id: id,
      params,
      value: answer.value,
      cost: answer.cost,
      phase,
      decision,
      status: answer.value === null ? "failed" : "ok",
      asked_after: askedAfter,
    }
    this.history.push(answer.error === null ? entry : { ...entry, error: answer.error })
  }
}

const DUPLICATE = -2
const NOWHERE = new Float64Array(0)
