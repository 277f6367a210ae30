/**
 * What a refinement strategy is to the solver. Small enough that a user can add one: it names points to read and is
 * told what was read, in whatever order that comes.
 *
 * A strategy is a deterministic function of the calls made to it: no clock, no randomness but the draw it is given. The
 * solver saves a run as the order of its asks and tells and restores it by repeating them, so a strategy needs no
 * persistence of its own.
 */
import type { Classification, LabelChange } from "./Classification.ts"
import type { Draw } from "./Draw.ts"
import type { Readings } from "./Readings.ts"
import type { SearchSpace } from "./SearchSpace.ts"

/** What a strategy is made with; points are in unit space. */
export interface StrategyContext {
  readonly space: SearchSpace
  /** All evaluations of the run, probe included. */
  readonly budget: number
  /** Everything read so far, this strategy's own and others', warm start included; grows as the run goes on. */
  readonly readings: Readings
  /** This strategy's own random numbers. */
  readonly draw: Draw
  /**
   * Noise of one reading as a share of the probe's spread (75 % quantile minus minimum), from the repeated best probe
   * point; 0 when the objective repeated itself to 1e-12.
   */
  readonly noise: number
  /** Options of this strategy, from `strategy_params`; what is not a finite number has been refused before. */
  readonly params: Readonly<Record<string, number>>
  /** Evaluations of the budget that have not been asked for yet. */
  readonly remaining: () => number
}

/** What a strategy has seen of the landscape while it worked; the classification reads it. */
export interface DescentEvidence {
  /** Share of the later half of its steps whose actual gain was more than a tenth of the predicted one. NaN before there were any. */
  readonly keptPromises: number
  /** Steps that the share was counted over, the earlier half included. */
  readonly steps: number
}

/** A refinement strategy at work on one run; deterministic in the calls made to it. */
export interface Strategy {
  /** One word or phrase for the trace: which of its moves the last `ask` was, for example "reflect". */
  readonly move: string
  /**
   * Writes the next point it wants read into `out` (unit space; the solver snaps it to the grid) and returns true, or
   * returns false, with nothing changed, when it wants an earlier answer first. May be called again before answers come.
   *
   * @param id the trial this point becomes; `tell` or `fail` comes back with it
   */
  ask(id: number, out: Float64Array): boolean
  /**
   * True while `ask` could give another point but an answer would make it a better one. A caller that did not say how
   * many points it wants is not given more then; one with idle workers is. Absent: whatever `ask` gives is as good now.
   */
  wantsAnswer?(): boolean
  /**
   * Writes a point for a worker that would be idle where `ask` has to wait: one whose reading the strategy can use. Returns
   * false, with nothing changed, where it knows of none. Absent: the solver takes a point around the best one.
   */
  spare?(id: number, out: Float64Array): boolean
  /**
   * One reading, after it was added to `readings` at `index`. Ids it did not ask for are others' readings: use or ignore
   * them. Answers may come in any order.
   */
  tell(id: number, index: number): void
  /**
   * A trial that gave no number. It must not stall the strategy; it is not among the readings. Others' failures, and those
   * before the strategy was made, come with an id that it did not ask for.
   */
  fail(id: number, unit: Float64Array): void
  /** The landscape has been classified. Called once, before the first `ask` of the refine phase. */
  classified?(classification: Classification): void
  /** What it can say about the landscape, for the classification. */
  evidence?(): DescentEvidence
  /** How far its region of trust reaches along each of its axes, in shares of the cube; null where it has none at the moment. */
  reach?(): ReadonlyArray<number> | null
  /** How it has revised the classification's label since, oldest first. */
  labelChanges?(): ReadonlyArray<LabelChange>
}

/** A strategy by name: what `createSolver(config, { strategies })` takes. */
export interface StrategyDefinition {
  /** What `strategy` in a configuration calls it. */
  readonly name: string
  /** One sentence for help texts and artifacts. */
  readonly summary: string
  /** Names of the options it reads from `strategy_params`; others get a warning. Any when absent. */
  readonly params?: ReadonlyArray<string>
  make(context: StrategyContext): Strategy
}
