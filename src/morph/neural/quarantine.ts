/**
 * Tries a blueprint apart from everything that is live: in a memory of its own, on a copy of the host and some of its rows. It has to be
 * born as the identity, stay finite over its first steps, and leave the copy of the host alone.
 */
import {
  type AnyBlueprint,
  type BlueprintParameters,
  buildBlueprint,
  calling,
  costOf,
  readParameters,
  sliceBytes,
} from "../blueprints/Blueprint.ts"
import type { Figures, OperatorName } from "../contracts/Host.ts"
import { Arena } from "../tensor/Arena.ts"
import { Graph } from "../tensor/Graph.ts"
import type { Node } from "../tensor/ir.ts"
import type { Optimiser } from "../tensor/optimisers.ts"
import { TensorError } from "../tensor/TensorError.ts"
import type { Part } from "../training/data.ts"
import { IsolationGuard } from "./IsolationGuard.ts"
import { type Insert, mixed } from "./mixed.ts"
import { HOST, type Inserts } from "./Network.ts"
import { answeringRun, branchRun, judgingRun, type Workshop } from "./runs.ts"
import { isFinitePart } from "./vectors.ts"

/** Steps that it has to survive. */
const STEPS = 8
/** No host of the quarantine knows this owner. */
const OWNER = 0xffff

export interface Trial extends Workshop {
  readonly blueprint: AnyBlueprint
  readonly parameters: BlueprintParameters
  readonly operator: OperatorName
  readonly socket: string
  readonly inserts: Inserts
  /** Of the host, with what is part of it. */
  readonly owners: ReadonlyArray<number>
  readonly parametersOf: (owner: number) => ReadonlyArray<Node>
  readonly train: Part
  readonly batch: number
  readonly seed: number
  readonly optimiserFor: (arena: Arena) => Optimiser
  readonly rate: number
  readonly now: () => number
  readonly maxBytes: number
}

/** The figures of gate G0. Throws nothing that a blueprint can cause. */
export function tryOut(trial: Trial): Figures {
  const began = trial.now()
  const { blueprint } = trial
  const { parameters, problems } = readParameters(blueprint, trial.parameters)
  if (problems.length > 0) return { available: blueprint.quarantineOnly ? 0 : 1, inBounds: 0 }
  const insert: Insert = {
    owner: OWNER,
    blueprint,
    parameters,
    operator: trial.operator,
    alpha: 1,
  }
  const shape = trial.network.sockets.find(({ name }) => name === trial.socket)?.shape
  if (shape === undefined) return { available: 0 }
  const basic = { available: blueprint.quarantineOnly ? 0 : 1, inBounds: 1 }
  try {
    const [alone, graph] = [new Graph(), new Graph()]
    buildBlueprint(blueprint, alone, alone.input("value", [trial.batch, ...shape]), parameters, OWNER)
    mixed(graph, graph.input("value", [trial.batch, ...shape]), insert)
    const stated = calling(blueprint, "cost", () => ({ ...blueprint.cost(shape, parameters) }))
    const real = costOf(alone, OWNER, trial.batch)
    // A blueprint that states another cost than it has is not the one that was verified.
    const honest = stated.parameters === real.parameters && stated.multiplyAdds === real.multiplyAdds
    const arenaShare = sliceBytes(costOf(graph, OWNER, trial.batch).parameters) / trial.maxBytes
    const lived = live(trial, insert, graph.parametersOf(OWNER))
    return {
      ...basic,
      available: honest && lived.isolated ? basic.available : 0,
      arenaShare,
      quarantineShape: 1,
      quarantineFinite: lived.finite ? 1 : 0,
      identityError: lived.identityError,
      quarantineMs: trial.now() - began,
    }
  } catch (error) {
    if (!(error instanceof TensorError)) throw error
    return { ...basic, quarantineShape: 0, quarantineMs: trial.now() - began }
  }
}

function live(
  trial: Trial,
  insert: Insert,
  own: ReadonlyArray<Node>,
): { readonly finite: boolean; readonly isolated: boolean; readonly identityError: number } {
  const { owners, batch, train, socket, inserts, blueprint } = trial
  const arena = Arena.make()
  for (const owner of owners) {
    arena.append(owner, trial.parametersOf(owner), 0)
    arena.restore(owner, trial.arena.snapshot(owner))
  }
  arena.append(OWNER, own, trial.seed)
  const optimiser = trial.optimiserFor(arena)
  const workshop = { ...trial, arena }
  const host = answeringRun(workshop, batch, inserts)
  const judged = judgingRun(workshop, batch, socket, insert, inserts)
  const branch = branchRun(workshop, batch, socket, insert, inserts)
  const { f32 } = arena.views
  f32.set(train.inputs.subarray(0, batch * (train.inputs.length / train.rows)), host.input)
  f32.set(train.targets.subarray(0, batch * (train.targets.length / train.rows)), branch.targets)
  host.plan.forward()
  const place = host.seen.get(socket)
  if (place === undefined) throw new TensorError(socket, "is no socket of the host", "Name one that is")
  f32.copyWithin(judged.input, place.value, place.value + place.size)
  f32.copyWithin(branch.input, place.value, place.value + place.size)
  judged.plan.forward()
  let identityError = 0
  const outputs = trial.network.options.outputs * batch
  for (let i = 0; i < outputs; i++)
    identityError = Math.max(identityError, Math.abs(f32[judged.outputs + i] - f32[host.outputs + i]))
  const guard = new IsolationGuard()
  let [finite, isolated] = [true, true]
  for (let step = 0; step < STEPS && finite && isolated; step++) {
    for (const owner of owners) arena.zeroGradients(owner)
    guard.before(arena, OWNER)
    branch.plan.forward()
    branch.plan.backward()
    calling(blueprint, "kernel", () => blueprint.kernel?.(arena, arena.slice(OWNER), arena.slice(HOST)))
    optimiser.learningRate = trial.rate
    optimiser.step(arena, OWNER)
    isolated = guard.holds(arena, OWNER)
    finite = Number.isFinite(f32[branch.loss]) && isFinitePart(arena, OWNER)
  }
  return { finite, isolated, identityError }
}
