/**
 * The door to the solver for programs: a configuration in, a typed solver out.
 */
import { Solver, type SolverOptions } from "./Solver.ts"
import { requireSolverConfig } from "./SolverConfig.ts"
import type { ParamValue } from "./SearchSpace.ts"

/** A number within bounds. */
export interface NumericBound {
  /** Smallest value, user units. */
  readonly min: number
  /** Largest value, user units. On a periodic scale it is the same place as `min`. */
  readonly max: number
  /** How distance is measured: linear (default), log (ratios) or periodic (a circle). */
  readonly scale?: "linear" | "log" | "periodic" | "Linear" | "Log" | "Periodic"
  /** Distance between allowed values, counted from `min`; whole numbers: 1. Continuous when omitted. */
  readonly step?: number
}

/** What one parameter may be: a number within bounds, one of several values, or a switch. */
export type Bound =
  | NumericBound
  | { readonly choices: ReadonlyArray<ParamValue> }
  | { readonly type: "boolean" }

/** The parameters of a point, typed by their bounds. */
export type ParamsOf<B extends Readonly<Record<string, Bound>>> = {
  readonly [K in keyof B]: B[K] extends { readonly choices: ReadonlyArray<infer T> }
    ? T
    : B[K] extends { readonly type: "boolean" }
      ? boolean
      : number
}

/** The configuration of a solver as a user writes it; `docs/reference/solver.md` lists every option. */
export interface SolverInput<B extends Readonly<Record<string, Bound>> = Readonly<Record<string, Bound>>> {
  readonly schema_version?: 1
  /** Whole number from 0 to 2^53 - 1; the same seed gives the same run. Default 0. */
  readonly seed?: number
  /** All evaluations there may be. */
  readonly budget: number
  readonly bounds: B
  readonly objective?: "minimize" | "maximize"
  /** Share of the budget that the probe takes; a tenth, but 6 to 15, when omitted. */
  readonly probe_ratio?: number
  readonly probe?: { readonly method?: "auto" | "kronecker" | "sobol"; readonly spice?: number }
  /** Points that `ask()` gives at most; all that need no earlier answer when omitted. */
  readonly batch_size?: number
  /** "auto" (default) selects by the classification; any other is used from the probe on. */
  readonly strategy?: string
  readonly strategy_params?: Readonly<Record<string, number>>
}

/** Makes a typed solver; throws a ConfigError that lists every problem. */
export type CreateSolver = <const B extends Readonly<Record<string, Bound>>>(
  config: SolverInput<B>,
  options?: SolverOptions,
) => Solver<ParamsOf<B>>

/**
 * A solver over a space of parameters; throws a ConfigError that lists every problem.
 *
 * ```ts
 * const solver = createSolver({ seed: 42, budget: 200, bounds: { x: { min: -10, max: 10 } } })
 * for (let batch; (batch = solver.ask()) !== null; ) solver.tell(batch.map((params) => ({ params, value: f(params) })))
 * solver.best
 * ```
 */
export const createSolver: CreateSolver = (config, options = {}) =>
  new Solver(requireSolverConfig(config, options.strategies), options)
