/**
 * The solver: probe, classify, select, refine, driven by asking and telling. It owns the order of things and nothing
 * else: which phase it is, which trials are out, what came back. Where to look next is the probe's and the strategy's
 * business, what to recommend is `recommend`'s.
 *
 * A run is the order of its asks and tells. That order is what `state()` saves; `Solver.restore` repeats it, and since
 * everything in between is a function of it, the restored solver asks for the same points bit for bit.
 */
import { StateError } from "../domain/errors.ts"
import type { Classification } from "./Classification.ts"
import { classify } from "./classify.ts"
import { Draw, STREAM_FILL, STREAM_STRATEGY } from "./Draw.ts"
import { Probe } from "./Probe.ts"
import { Readings } from "./Readings.ts"
import { recommend } from "./recommend.ts"
import { type Answer, readResults, type Result } from "./results.ts"
import {
  describeClassification,
  type Environment,
  type PhaseTiming,
  type RunArtifact,
} from "./RunArtifact.ts"
import type { Params } from "./SearchSpace.ts"
import { requireSolverConfig, type SolverSettings } from "./SolverConfig.ts"
import { type HistoryEntry, parseSolverState, type SolverState } from "./SolverState.ts"
import { probeNoise } from "./probeNoise.ts"
import type { Strategy, StrategyDefinition } from "./Strategy.ts"
import { STRATEGIES } from "./strategies/catalogue.ts"
import { type Origin, type RecordedTrial, type RunPhase, TrialLog } from "./TrialLog.ts"

export type SolverPhase = RunPhase | "done"

/** A point that wants to be read. */
export interface Trial<P = Params> {
  /** Counts up from 0 in the order asked. */
  readonly id: number
  readonly params: P
  readonly phase: RunPhase
  /** Why this point: "probe", "repeat", "fill", or the strategy's own word. */
  readonly move: string
}

/** The recommended point. */
export interface Best<P = Params> {
  readonly params: P
  /** The reading where readings repeat; under noise the mean over the neighbourhood the recommendation rests on. */
  readonly value: number
  /** Standard error of `value`; null where a reading repeats itself. */
  readonly standardError: number | null
  /** The trial at that point; null for a point that was known before the run or told without having been asked. */
  readonly id: number | null
  /** Readings that `value` rests on. */
  readonly readings: number
}

/** What became of the results handed to `tell` or `seed`. */
export interface TellReport {
  readonly accepted: number
  /** Known already, and ignored. */
  readonly duplicates: number
  /** Accepted, but without a number. */
  readonly failed: number
  /** Accepted, though nobody had asked for them. */
  readonly foreign: number
}

export interface SolverCounts {
  readonly budget: number
  /** Evaluations spent: trials asked for and readings told unasked. */
  readonly spent: number
  readonly asked: number
  readonly told: number
  readonly pending: number
  readonly failed: number
  readonly duplicates: number
  readonly seeded: number
  readonly foreign: number
}

export interface SolverOptions {
  /** Strategies of one's own, chosen by their names in `strategy`. */
  readonly strategies?: ReadonlyArray<StrategyDefinition>
  /** Name of the run; made from the configuration when omitted. */
  readonly runId?: string
  /** Milliseconds from any fixed point, for the phase timings of the artifact; without it they are null. */
  readonly nowMs?: () => number
}

export class Solver<P = Params> {
  readonly runId: string
  readonly settings: SolverSettings
  private readonly definition: StrategyDefinition
  private readonly probe: Probe
  private readonly readings: Readings
  private readonly log: TrialLog
  private readonly fillDraw: Draw
  private readonly unit: Float64Array
  private readonly nowMs: (() => number) | null
  private readonly startedMs: Partial<Record<SolverPhase, number>> = {}
  private strategy: Strategy | null = null
  private phaseNow: SolverPhase = "probe"
  private probesAsked = 0
  private fills = 0
  private repeatId = -1
  private noiseShare = 0
  private found: Classification | null = null
  private recommended: { readonly at: number; readonly best: Best<P> | null } = { at: -1, best: null }

  /** Use `createSolver`; this trusts its settings. */
  constructor(settings: SolverSettings, options: SolverOptions = {}) {
    const { space, seed } = settings
    this.settings = settings
    this.runId = options.runId ?? runName(settings)
    this.definition = definitionOf(settings.strategy, options.strategies ?? [])
    this.probe = new Probe({
      dimensions: space.size,
      seed,
      method: settings.probe.method,
      spice: settings.probe.spice,
    })
    this.readings = new Readings(space.size)
    this.log = new TrialLog(space)
    this.fillDraw = new Draw(seed, STREAM_FILL)
    this.unit = new Float64Array(space.size)
    this.nowMs = options.nowMs ?? null
  }

  /**
   * The next points to evaluate, or null when there is nothing more to ask for. Without `n`: all that need no earlier
   * answer (at most `batch_size` of the configuration), at least one. With `n`: that many while the budget lasts; where the
   * strategy must wait for answers the rest are perturbations of the best point, so that workers are never idle.
   */
  ask(n?: number): ReadonlyArray<P> | null {
    const trials = this.askTrials(n)
    return trials === null ? null : trials.map((trial) => trial.params)
  }

  /** As `ask`, with the ids that `tell` may refer to. */
  askTrials(n?: number): ReadonlyArray<Trial<P>> | null {
    if (n !== undefined && !(Number.isInteger(n) && n >= 1))
      throw new RangeError(`ask: the number of points must be a whole number above 0, got ${n}.`)
    if (this.startedMs.probe === undefined) this.begin("probe")
    const trials: Array<Trial<P>> = []
    const most = Math.min(n ?? this.settings.batchSize ?? Number.POSITIVE_INFINITY, this.remaining())
    while (trials.length < most) {
      const fill = n !== undefined || trials.length === 0
      const id = this.askOne(fill)
      if (id < 0) break
      trials.push(this.trial(id))
    }
    return trials.length === 0 ? null : trials
  }

  /**
   * Takes results in any order: late, partial, repeated, failed. All of them are checked before any is taken: a
   * ResultError lists every problem and changes nothing.
   */
  tell(results: Result | ReadonlyArray<Result>): TellReport {
    return this.take(readResults(results, this.settings.space, this.log), "run")
  }

  /** Tells what was known before the run. It guides the strategies and does not count in the budget. */
  seed(history: Result | ReadonlyArray<Result>): TellReport {
    return this.take(readResults(history, this.settings.space, this.log, true), "seed")
  }

  /** The recommended point, or null before the first reading. Under noise it is not the luckiest reading. */
  get best(): Best<P> | null {
    if (this.recommended.at !== this.readings.count) {
      const choice = recommend(this.readings, this.settings.space, this.noiseShare)
      this.recommended = { at: this.readings.count, best: choice === null ? null : this.bestOf(choice) }
    }
    return this.recommended.best
  }

  get phase(): SolverPhase {
    return this.phaseNow
  }

  /** What the classify phase found; null until then. */
  get classification(): Classification | null {
    return this.found
  }

  /** Noise of one reading as a share of the probe's spread; 0 until the probe is done. */
  get noise(): number {
    return this.noiseShare
  }

  get counts(): SolverCounts {
    const { asked, told, failed, duplicates, seeded, foreign, pending } = this.log
    const { budget } = this.settings
    return { budget, spent: asked + foreign, asked, told, pending, failed, duplicates, seeded, foreign }
  }

  /** Trials that no result has come for, in the order asked. */
  get pending(): ReadonlyArray<Trial<P>> {
    return this.log.pendingIds().map((id) => this.trial(id))
  }

  /** What was odd about the configuration but not wrong. */
  get warnings(): ReadonlyArray<string> {
    return this.settings.warnings
  }

  /** Everything told so far in its order; what `state` and `artifact` hold. */
  get history(): ReadonlyArray<HistoryEntry> {
    return this.log.history
  }

  /** The run as JSON: what a state file holds and `restore` takes. */
  state(): SolverState {
    return {
      schema_version: 1,
      run_id: this.runId,
      config: this.settings.config,
      history: this.log.history.slice(),
      pending: this.log.pendingEntries(),
      counts: this.counts,
    }
  }

  /** The run as a record to keep: the state, and what was found. */
  artifact(environment: Environment | null = null): RunArtifact {
    const best = this.best
    return {
      ...this.state(),
      seed: this.settings.seed,
      budget: this.settings.budget,
      classification: describeClassification(this.found),
      noise: this.noiseShare,
      best:
        best === null
          ? null
          : {
              params: best.params as Params,
              value: best.value,
              standard_error: best.standardError,
              eval_id: best.id,
              readings: best.readings,
            },
      phases: this.timings(),
      notes: this.notes(),
      environment,
    }
  }

  /**
   * The solver that a state belongs to. Repeats every ask and tell; throws a StateError for what is no state, and where the
   * recorded points are not those this build asks for.
   */
  static restore<P = Params>(input: unknown, options: SolverOptions = {}): Solver<P> {
    const own = customStrategies(options)
    const state = parseSolverState(input, own)
    if (state instanceof StateError) throw state
    const settings = requireSolverConfig(state.config, own)
    const solver = new Solver<P>(settings, { ...options, runId: state.run_id })
    const order = TrialLog.recorded(state)
    let next = 0
    const askUpTo = (position: number): void => {
      for (; next < order.length && order[next].asked_after === position; next++) solver.repeat(order[next])
    }
    state.history.forEach((entry, position) => {
      askUpTo(position)
      if (entry.phase === "seed") solver.seed(resultOf(entry))
      else if (entry.eval_id !== null && entry.asked_after !== null) solver.tell(resultOf(entry))
      else solver.tellUnasked(entry)
    })
    askUpTo(state.history.length)
    solver.log.duplicates = state.counts?.duplicates ?? 0
    return solver
  }

  /** An entry of a history that belongs to no trial: a foreign reading, also where its point was asked for. */
  private tellUnasked(entry: HistoryEntry): void {
    this.take(readResults(resultOf(entry), this.settings.space, this.log, true), "outside")
  }

  private remaining(): number {
    return this.settings.budget - this.log.asked - this.log.foreign
  }

  /** One more trial; -1 when its point must wait for an answer and may not be filled in. */
  private askOne(fill: boolean): number {
    if (this.remaining() <= 0) return -1
    const id = this.log.asked
    if (!fill && this.phaseNow !== "probe" && this.strategy?.wantsAnswer?.() === true) return -1
    const move = this.nextPoint(id) ?? (fill ? this.fillPoint() : null)
    if (move === null) return -1
    this.settings.space.snap(this.unit)
    this.log.ask(this.unit, this.phaseNow as RunPhase, move)
    if (move === "repeat") this.repeatId = id
    return id
  }

  /** Writes the next regular point and says which move it is; null when it must wait. */
  private nextPoint(id: number): string | null {
    if (this.phaseNow === "probe") return this.nextProbe()
    const strategy = this.strategy
    return strategy !== null && strategy.ask(id, this.unit) ? strategy.move : null
  }

  /** The last of the probe repeats its best point: from the two readings comes the noise. */
  private nextProbe(): string | null {
    const { probeCount } = this.settings
    const plain = probeCount - (probeCount >= LEAST_WITH_REPEAT ? 1 : 0)
    if (this.probesAsked < plain) {
      this.probe.point(this.probesAsked++, this.unit)
      return "probe"
    }
    if (this.probesAsked >= probeCount || this.log.pending > 0) return null
    this.probesAsked++
    const best = this.log.lowestAsked(this.readings)
    if (best >= 0) {
      this.readings.read(best, this.unit)
      return "repeat"
    }
    this.probe.point(plain, this.unit)
    return "probe"
  }

  /** A point for a worker that would be idle: around the best one, or further along the probe before there is one. */
  private fillPoint(): string {
    const { space, probeCount } = this.settings
    const { lowest } = this.readings
    this.fills++
    if (lowest < 0) {
      this.probe.point(probeCount + this.fills, this.unit)
      return "fill"
    }
    this.readings.read(lowest, this.unit)
    const draw = this.fillDraw
    // A fresh place in the stream for each: how many draws one takes must not move the next.
    draw.seek(this.fills * FILL_DRAWS)
    const reach = FILL_NEAREST * (FILL_FURTHEST / FILL_NEAREST) ** draw.uniform()
    for (let i = 0; i < space.size; i++) {
      this.unit[i] =
        space.choices[i] > 0 && draw.uniform() < reach
          ? draw.uniform()
          : space.contain(i, this.unit[i] + reach * draw.normal())
    }
    return "fill"
  }

  private take(answers: ReadonlyArray<Answer>, origin: Origin): TellReport {
    let accepted = 0
    let failed = 0
    let foreign = 0
    const duplicatesBefore = this.log.duplicates
    for (const answer of answers) {
      const { kind, id, unit } = this.log.tell(answer, origin)
      if (kind === "duplicate") continue
      accepted++
      if (kind === "foreign") foreign++
      if (answer.value === null) failed++
      this.learn(id, unit, answer.value)
      if (kind !== "seed") this.advance()
    }
    return { accepted, failed, foreign, duplicates: this.log.duplicates - duplicatesBefore }
  }

  /** Passes a result on to those who learn from it; a negative id is a reading that nobody asked for. */
  private learn(id: number, unit: Float64Array, value: number | null): void {
    if (value === null) {
      this.strategy?.fail(id, unit)
      return
    }
    const index = this.readings.add(id, unit, this.settings.objective === "maximize" ? -value : value)
    this.strategy?.tell(id, index)
  }

  /** Phases follow one another and none is left out, however small the budget. */
  private advance(): void {
    const { settings, log } = this
    const over = this.remaining() <= 0 && log.pending === 0
    if (this.phaseNow === "probe" && (over || (this.probesAsked >= settings.probeCount && log.pending === 0)))
      this.beginClassify()
    if (this.phaseNow === "classify" && (over || log.resolved >= this.classifyAt())) this.beginRefine()
    if (this.phaseNow === "refine" && over) this.begin("done")
  }

  private beginClassify(): void {
    const { settings, readings } = this
    this.noiseShare = probeNoise(readings, this.repeatId)
    this.begin("classify")
    this.strategy = this.definition.make({
      space: settings.space,
      budget: settings.budget,
      readings,
      draw: new Draw(settings.seed, STREAM_STRATEGY),
      noise: this.noiseShare,
      params: settings.strategyParams,
      remaining: () => this.remaining(),
    })
  }

  private beginRefine(): void {
    const evidence = this.strategy?.evidence?.() ?? null
    this.found = classify(this.readings, this.settings.space, this.noiseShare, evidence)
    this.strategy?.classified?.(this.found)
    this.begin("refine")
  }

  /** Results after which the landscape is classified: fixed by the budget and the dimensions alone. */
  private classifyAt(): number {
    const { budget, probeCount, space } = this.settings
    return Math.min(budget, probeCount + 2 * space.size + 1 + Math.max(8, space.size))
  }

  private begin(phase: SolverPhase): void {
    this.phaseNow = phase
    this.startedMs[phase] = this.nowMs?.() ?? Number.NaN
  }

  private trial(id: number): Trial<P> {
    return this.log.trial(id) as Trial<P>
  }

  private bestOf(choice: NonNullable<ReturnType<typeof recommend>>): Best<P> {
    const { space, objective } = this.settings
    const id = this.readings.ids[choice.index]
    const sign = objective === "maximize" ? -1 : 1
    return {
      params: (id >= 0
        ? this.log.trial(id).params
        : space.decode(this.readings.units, choice.index * space.size)) as P,
      value: sign * choice.loss + 0,
      standardError: choice.standardError,
      id: id >= 0 ? id : null,
      readings: choice.readings,
    }
  }

  private repeat(recorded: RecordedTrial): void {
    const id = this.askOne(true)
    const difference = id < 0 ? "this build asks for nothing" : this.log.differenceFrom(id, recorded)
    if (difference !== null)
      throw new StateError({
        problems: [
          {
            path: `eval_id ${recorded.eval_id}`,
            message: difference,
            suggestion: "Import the history as a warm start instead: its readings stay, the run begins anew.",
          },
        ],
      })
  }

  private timings(): ReadonlyArray<PhaseTiming> {
    const names: ReadonlyArray<RunPhase> = ["probe", "classify", "refine"]
    const nowMs = this.nowMs?.() ?? Number.NaN
    return names.map((phase, i) => {
      const began = this.startedMs[phase]
      const ended = ([...names, "done"] as const)
        .slice(i + 1)
        .map((later) => this.startedMs[later])
        .find((at) => at !== undefined)
      const elapsed = began === undefined ? 0 : (ended ?? nowMs) - began
      return {
        phase,
        evaluations: this.log.askedIn(phase),
        elapsed_ms: Number.isFinite(elapsed) ? elapsed : null,
      }
    })
  }

  /** What a reader of the artifact should know. */
  private notes(): ReadonlyArray<string> {
    const { warnings, space, budget, probeCount } = this.settings
    const notes = [...warnings]
    const stencil = 2 * space.size + 1
    if (this.definition.name === "auto" && space.continuous && budget < probeCount + stencil)
      notes.push(
        `The budget of ${budget} is too small for the quadratic model: in ${space.size} dimensions its first points alone are ${stencil}.`,
      )
    return notes
  }
}

/** Fewer probe points than this are too few to spend one on a repeat. */
const LEAST_WITH_REPEAT = 3
/** Reach of a fill point around the best one, unit space. */
const FILL_NEAREST = 0.01
const FILL_FURTHEST = 0.3
/** Draws set aside for one fill point: above three a dimension at the most dimensions there can be. */
const FILL_DRAWS = 4096

function definitionOf(name: string, own: ReadonlyArray<StrategyDefinition>): StrategyDefinition {
  const found = [...own, ...STRATEGIES].find((one) => one.name === name)
  if (found === undefined) throw new RangeError(`There is no strategy called ${JSON.stringify(name)}.`)
  return found
}

/** What the configuration is told of the user's own strategies. */
export function customStrategies(options: SolverOptions): ReadonlyArray<StrategyDefinition> {
  return options.strategies ?? []
}

/** The same configuration gives the same name: FNV-1a over its JSON. */
function runName(settings: SolverSettings): string {
  let hash = 0x811c9dc5
  const text = JSON.stringify(settings.config)
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return `run-${settings.seed}-${(hash >>> 0).toString(16).padStart(8, "0")}`
}

function resultOf(entry: HistoryEntry): Result {
  return {
    ...(entry.eval_id === null || entry.asked_after === null ? {} : { id: entry.eval_id }),
    params: entry.params,
    value: entry.value,
    cost: entry.cost,
    ...(entry.status === "failed" ? { failed: entry.error ?? true } : {}),
  }
}
