/** Reads the options of a growing host, all problems at once, and makes cores of them: as many as a run takes, each from where it is told. */
import { GrowthError, growthProblem } from "../../domain/GrowthError.ts"
import type { Problem } from "../../domain/Problem.ts"
import { didYouMean, problem, show, tidy } from "../../domain/problems.ts"
import { problemsOf } from "../../domain/readInput.ts"
import { BLUEPRINTS } from "../blueprints/catalogue.ts"
import { FAULTS } from "../blueprints/faults.ts"
import { readBlueprints } from "../blueprints/readBlueprints.ts"
import { graftingOptions } from "../grafting/options.ts"
import { GrowthCore } from "../growth/GrowthCore.ts"
import { NeuralHost } from "../neural/NeuralHost.ts"
import { misfits } from "../neural/options.ts"
import { type GrowthData, type OwnData, readData } from "../training/data.ts"
import type { GrowthOptions } from "./Growth.ts"
import type { GrowthPlatform } from "./GrowthPlatform.ts"
import type { CoreMaker } from "./Keeper.ts"
import type { PolicySlot } from "./policySlot.ts"

const KNOWN: ReadonlyArray<keyof GrowthOptions> = [
  "host",
  "data",
  "policy",
  "placement",
  "deadlineMs",
  "seed",
  "grafting",
  "blueprints",
  "now",
  "stopwatch",
  "state",
  "training",
  "hangMs",
]

export function makerOf(
  options: GrowthOptions,
  slot: PolicySlot,
  now: () => number,
  has: Pick<GrowthPlatform, "keepIn" | "threadProblems" | "faults" | "engine">,
): CoreMaker {
  const { host, seed = 0, grafting, blueprints = [], state, policy = "heuristic" } = options
  const problems: Array<Problem> = Object.keys(options)
    .filter((name) => !KNOWN.includes(name as keyof GrowthOptions))
    .map((name) => problem([name], "is not an option.", didYouMean(name, KNOWN)))
  if (
    typeof host !== "object" ||
    host === null ||
    host.kind !== "neural" ||
    !Array.isArray(host.options?.shape)
  )
    problems.push(problem(["host"], `must be a host, not ${show(host)}.`, "Give neuralHost({ ... })."))
  problems.push(...slot.problems)
  if (!Number.isSafeInteger(seed) || seed < 0)
    problems.push(problem(["seed"], `must be a whole number of at least 0, not ${show(seed)}.`))
  if (state !== undefined && (typeof state !== "string" || state === ""))
    problems.push(problem(["state"], `must be a folder, not ${show(state)}.`, "Leave it out."))
  else if (state !== undefined && has.keepIn === undefined)
    problems.push(problem(["state"], "there are no folders here.", "Leave it out, or run under Node."))
  for (const clock of ["now", "stopwatch"] as const)
    if (typeof (options[clock] ?? now) !== "function")
      problems.push(problem([clock], `must be a function, not ${show(options[clock])}.`, "Leave it out."))
  problems.push(...(has.threadProblems?.(options) ?? threadless(options)))
  const ours = [...BLUEPRINTS, ...FAULTS, ...(has.faults ?? [])]
  const own = readBlueprints(
    blueprints instanceof URL ? [] : blueprints,
    ours.map(({ name }) => name),
  )
  problems.push(...own.problems, ...problemsOf(graftingOptions(grafting, ["grafting"])))
  const catalogue = [...ours, ...own.blueprints]
  const data = attempt(() => readData(asOwn(options.data)), problems)
  if (data !== null && problems.length === 0) problems.push(...misfits(host.options, data))
  if (problems.length > 0 || data === null) throw new GrowthError({ problems: tidy(problems) })
  const inThread = options.placement === "thread" || policy instanceof URL
  const inputs = { host: host.options, data, seed, grafting, policy: slot.source?.name ?? "manual", inThread }
  return {
    inputs,
    make: ({ restore, memory, ...parts }) =>
      new GrowthCore({
        host: new NeuralHost({
          options: host.options,
          data,
          seed,
          catalogue,
          now: parts.now,
          engine: has.engine,
          ...(memory === undefined ? {} : { memory }),
          ...(restore === undefined ? {} : { restore }),
        }),
        catalogue,
        grafting,
        stopwatch: options.stopwatch ?? now,
        ...parts,
      }),
  }
}

/** Where no thread can train. */
const threadless = ({ training = "inline", blueprints }: GrowthOptions): ReadonlyArray<Problem> =>
  training === "inline" && !(blueprints instanceof URL)
    ? []
    : [problem(["training"], "there is no thread to train in here.", "Leave it out, or run under Node.")]

/** A task's rows are read as a caller's own are. */
const asOwn = (data: GrowthData | OwnData): OwnData => {
  if (typeof data !== "object" || data === null)
    throw growthProblem("data", `must be rows, not ${show(data)}.`, "Give one of tasks, or typed arrays.")
  if (!("rows" in (data.train ?? {}))) return data
  const { classes, outputs, ...rest } = data as GrowthData
  return classes > 0 ? { ...rest, classes } : { ...rest, outputs }
}

/** What a call gives, or null with its problems. */
function attempt<T>(call: () => T, problems: Array<Problem>): T | null {
  try {
    return call()
  } catch (error) {
    if (!(error instanceof GrowthError)) throw error
    problems.push(...error.problems)
    return null
  }
}
