/** What is wrong with a person's or a policy's wish to plant something, field by field. */
import type { Problem } from "../../domain/errors.ts"
import { didYouMean, problem } from "../../domain/problems.ts"
import { type AnyBlueprint, misfitOf, needsApproval, readParameters } from "../blueprints/Blueprint.ts"
import { type GrowthLife, permits } from "../grafting/growthMode.ts"
import type { Socket } from "../contracts/Host.ts"
import type { GerminateRequest } from "./GrowthBoundary.ts"

const REQUEST: ReadonlyArray<keyof GerminateRequest> = ["blueprint", "why", "parameters", "operator", "by"]

/** Plants it in a copy of the host, in a thread that may be lost. Null where that came to an end, else what is wrong. */
export type TryFirst<Core> = (core: Core, socket: string, request: GerminateRequest) => Problem | null

/** Empty where it can be tried in quarantine. `at`: the socket, if there is one of that name. */
export function germinationProblems(
  request: GerminateRequest,
  catalogue: ReadonlyArray<AnyBlueprint>,
  growth: GrowthLife,
  at: Socket | undefined,
): ReadonlyArray<Problem> {
  const problems = Object.keys(request)
    .filter((key) => !REQUEST.includes(key as keyof GerminateRequest))
    .map((key) => problem([key], "is not known here.", didYouMean(key, REQUEST)))
  const blueprint = catalogue.find(({ name }) => name === request.blueprint)
  if (blueprint === undefined)
    problems.push(
      problem(
        ["blueprint"],
        `There is no blueprint ${JSON.stringify(request.blueprint)}.`,
        didYouMean(
          request.blueprint,
          catalogue.map(({ name }) => name),
        ),
      ),
    )
  else {
    if (needsApproval(blueprint))
      problems.push(problem(["blueprint"], "must be approved.", "Use approveBlueprint."))
    const read = readParameters(blueprint, request.parameters)
    problems.push(...read.problems)
    const misfit =
      at === undefined || read.problems.length > 0 ? null : misfitOf(blueprint, at.shape, read.parameters)
    if (misfit !== null)
      problems.push(problem(["blueprint"], `${misfit}.`, "Give a result of the value's shape."))
  }
  if (!permits(growth.mode).plants)
    problems.push(
      problem(
        ["germinate"],
        `Nothing is planted while the host is ${growth.mode}: ${growth.reason}.`,
        "Wait until it is operational.",
      ),
    )
  return problems
}
