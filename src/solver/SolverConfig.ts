/**
 * The configuration of a solver: from whatever comes in to checked settings, or to one ConfigError with every problem in
 * it. Needed at every door through which a configuration comes: createSolver, state files, artifacts, the command line.
 * What is harmless but does nothing is read with a warning; nothing is repaired in silence.
 */
import { sizeProblems } from "../domain/memory.ts"
import { EXTRA_NAMES, STRATEGIES } from "./strategies/catalogue.ts"
import { plainFields } from "./configSchema.ts"
import { closest } from "../domain/closest.ts"
import { ConfigError, type Problem } from "../domain/errors.ts"
import { evaluationBytes } from "../domain/memory.ts"
import { didYouMean, pathText, problem, show, tidy, withExample } from "../domain/problems.ts"
import { SCHEMA_VERSION, versionProblem } from "./schemaVersion.ts"
import { problemsOf } from "../domain/readInput.ts"
import { anything, object, readShape, type ShapeType } from "../domain/Shape.ts"
import { plainData, objectOf } from "./plainData.ts"
import { readBounds } from "./readBounds.ts"
import { type Dimension, SearchSpace } from "./SearchSpace.ts"
import type { DimensionConfig } from "./DimensionConfig.ts"

/** A checked configuration as it is saved in state and artifact: JSON-safe, defaults filled in, and itself a valid input. */
export interface SolverConfig {
  readonly schema_version: typeof SCHEMA_VERSION
  readonly seed: number
  readonly budget: number
  readonly bounds: Readonly<Record<string, DimensionConfig>>
  readonly objective: "minimize" | "maximize"
  readonly probe_ratio?: number
  readonly probe: { readonly method: "auto" | "kronecker" | "sobol"; readonly spice: number }
  readonly batch_size?: number
  readonly strategy: string
  readonly strategy_params?: Readonly<Record<string, number>>
}

/** A checked configuration with every default filled in. */
export interface SolverSettings {
  readonly seed: number
  readonly budget: number
  readonly space: SearchSpace
  readonly objective: "minimize" | "maximize"
  /** Evaluations of the probe, the repeat of its best point included: 1 to `budget`. */
  readonly probeCount: number
  readonly probe: { readonly method: "auto" | "kronecker" | "sobol"; readonly spice: number }
  /** Points that an ask without a number gives; null: all that need no earlier answer. */
  readonly batchSize: number | null
  readonly strategy: string
  readonly strategyParams: Readonly<Record<string, number>>
  /** What was read and has no effect, in sentences. */
  readonly warnings: ReadonlyArray<string>
  readonly config: SolverConfig
}

/** A strategy as far as a configuration knows it. */
export interface StrategyName {
  readonly name: string
  /** Options that it reads; any when omitted. */
  readonly params?: ReadonlyArray<string>
}

const LEAST_PROBE = 6
const MOST_PROBE = 15
const PROBE_SHARE = 0.1

/** The fields one by one; `bounds` as it comes, since a union of dimensions would report every branch it did not mean. */
const PlainShape = object({ ...plainFields, bounds: anything })
type PlainConfig = ShapeType<typeof PlainShape>

type Path = ReadonlyArray<string>

const SMALLEST = "createSolver({ bounds: { x: { min: -10, max: 10 } }, budget: 200 })"
const WHOLE = ["", "bounds"]

/**
 * The settings, or a ConfigError. Total: no input makes it throw.
 *
 * @param strategies further strategies that `strategy` may name
 */
export function parseSolverConfig(
  input: unknown,
  strategies: ReadonlyArray<StrategyName | string> = [],
): SolverSettings | ConfigError {
  const plain = plainData(input)
  if (plain.problems.length > 0) return refuse(plain.problems)
  const settings = readConfig(plain.value, [], strategies)
  return Array.isArray(settings) ? refuse(settings) : settings
}

const refuse = (problems: ReadonlyArray<Problem>): ConfigError =>
  new ConfigError({ problems: withExample(tidy(problems), WHOLE, SMALLEST) })

/** As `parseSolverConfig`, for those who want an exception. */
export function requireSolverConfig(
  input: unknown,
  strategies: ReadonlyArray<StrategyName | string> = [],
): SolverSettings {
  const settings = parseSolverConfig(input, strategies)
  if (settings instanceof ConfigError) throw settings
  return settings
}

/** As `parseSolverConfig`, over data that is plain already and part of a larger document at `path`. */
export function readConfig(
  value: unknown,
  path: Path,
  strategies: ReadonlyArray<StrategyName | string>,
): SolverSettings | Array<Problem> {
  const newer = versionProblem(value, path)
  if (newer !== null) return [newer]
  const read = readShape(PlainShape, value, { at: path })
  const problems: Array<Problem> = [...problemsOf(read)]
  const config = objectOf(value)
  if (config === null) return problems
  const bounds = "bounds" in config ? readBounds(config.bounds, [...path, "bounds"], problems) : []
  const { length } = bounds
  const beside = `${length} ${length === 1 ? "parameter" : "parameters"}`
  const budgetAt = [...path, "budget"]
  // A budget that is none asks for no memory.
  if (!problems.some((one) => one.path === pathText(budgetAt)))
    problems.push(...sizeProblems(budgetAt, config.budget, evaluationBytes(length), beside))
  // A user's own come first: one of them may stand in for a strategy of ours.
  const own = strategies.map((one) => (typeof one === "string" ? { name: one } : one))
  const known: ReadonlyArray<StrategyName> = [...own, ...STRATEGIES, ...EXTRA_NAMES]
  const { strategy } = config
  if (typeof strategy === "string" && !known.some((one) => one.name === strategy)) {
    const names = known.map((one) => one.name)
    problems.push(
      problem([...path, "strategy"], `is not a strategy: ${show(strategy)}.`, didYouMean(strategy, names)),
    )
  }
  return !read.ok || problems.length > 0 ? problems : settingsOf(read.value, bounds, known)
}

function settingsOf(
  plain: PlainConfig,
  bounds: ReadonlyArray<readonly [string, DimensionConfig]>,
  known: ReadonlyArray<StrategyName>,
): SolverSettings {
  const { budget } = plain
  const strategy = plain.strategy ?? "auto"
  const ratio = plain.probe_ratio ?? null
  const batchSize = plain.batch_size ?? null
  const params = plain.strategy_params ?? null
  const config: SolverConfig = {
    schema_version: SCHEMA_VERSION,
    seed: plain.seed ?? 0,
    budget,
    bounds: Object.fromEntries(bounds),
    objective: plain.objective ?? "minimize",
    ...(ratio === null ? {} : { probe_ratio: ratio }),
    probe: { method: plain.probe?.method ?? "auto", spice: plain.probe?.spice ?? 0 },
    ...(batchSize === null ? {} : { batch_size: batchSize }),
    strategy,
    ...(params === null ? {} : { strategy_params: params }),
  }
  return {
    seed: config.seed,
    budget,
    space: new SearchSpace(Object.fromEntries(bounds.map(([name, one]) => [name, dimensionOf(one)]))),
    objective: config.objective,
    probeCount: probeCountOf(budget, ratio),
    probe: config.probe,
    batchSize,
    strategy,
    strategyParams: params ?? {},
    warnings: warningsOf(plain, known.find((one) => one.name === strategy)?.params),
    config,
  }
}

function dimensionOf(config: DimensionConfig): Dimension {
  if ("choices" in config) return config
  return "type" in config ? { choices: [false, true] } : { ...config, step: config.step ?? 0 }
}

/** Evaluations of the probe: `ratio` of the budget, or a tenth of it but 6 to 15; never none and never more than all. */
function probeCountOf(budget: number, ratio: number | null): number {
  const wished =
    ratio === null
      ? Math.min(MOST_PROBE, Math.max(LEAST_PROBE, Math.round(PROBE_SHARE * budget)))
      : Math.round(ratio * budget)
  return Math.max(1, Math.min(budget, wished))
}

function warningsOf(plain: PlainConfig, read: ReadonlyArray<string> | undefined): ReadonlyArray<string> {
  const warnings: Array<string> = []
  for (const key of ["max_delta", "cooldown_steps"] as const) {
    if (plain[key] !== undefined)
      warnings.push(`${key}: an option of the live engine; it has no effect here.`)
  }
  for (const key of Object.keys(plain.strategy_params ?? {})) {
    if (read !== undefined && !read.includes(key)) {
      const near = closest(key, read)
      const meant = near === null ? "" : ` Did you mean ${JSON.stringify(near)}?`
      warnings.push(
        `strategy_params.${key}: not an option of the strategy ${plain.strategy ?? "auto"}; it has no effect.${meant}`,
      )
    }
  }
  return warnings
}
