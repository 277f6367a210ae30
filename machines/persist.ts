/**
 * Snapshots as JSON and back, for actors of one's own around Arqon's. Arqon's machines need none of it: XState's own persistence
 * carries them, `createActor(machine, { snapshot: JSON.parse(JSON.stringify(actor.getPersistedSnapshot())) })`. One needs
 * it where a parent's own context holds numbers or arrays that JSON has not, and to hand live parts to actors within actors.
 *
 * ```ts
 * const text = JSON.stringify(persist(actor))
 * createActor(parent, { snapshot: revive(JSON.parse(text), { hot }) }).start()
 * ```
 *
 * A restored engine stands on its baseline, never on a perturbation, and its cycle begins afresh from there with everything it has
 * learned. A restored latch is open until the same time. A restored solver asks for the very points that the old one would
 * have asked for; what was out is still out (`pendingTrials`).
 */
import type { AnyActorRef, Snapshot } from "xstate"
import type { HotPath } from "../src/hot/HotPath.ts"
import type { SolverOptions } from "../src/solver/Solver.ts"
import { chooseHot } from "./liveParts.ts"
import { decode, encode, type Json } from "./persistCodec.ts"
import type { ProposalPort } from "./ProposalPort.ts"
import { solverFrom } from "./SolverMoment.ts"

export { type Json, safeUnits } from "./persistCodec.ts"

/** Live objects for a snapshot; what is not given is made anew, or taken from the input of an actor above. */
export interface LiveParts {
  /** For engines and hot-path actors. Several are told apart by their knobs and their `name`. */
  readonly hot?: HotPath | ReadonlyArray<HotPath> | undefined
  /** For a cycle on its own; an engine makes its own port. */
  readonly port?: ProposalPort | undefined
  /** For solvers that use strategies of one's own, or a clock. */
  readonly solver?: SolverOptions
}

/** The persisted snapshot of an actor, children included, as plain JSON. A SnapshotError names what cannot be written. */
export function persist(actor: Pick<AnyActorRef, "getPersistedSnapshot">): Json {
  return encode(actor.getPersistedSnapshot())
}

/** A snapshot for `createActor(machine, { input, snapshot })`. A SnapshotError for parts that do not fit it. */
export function revive(data: Json, parts: LiveParts = {}): Snapshot<unknown> {
  const { port, hot = [], solver = {} } = parts
  const hots = Array.isArray(hot) ? (hot as ReadonlyArray<HotPath>) : [hot as HotPath]
  return decode(data, {
    hot: (record) => chooseHot(record, hots),
    port: () => (port === undefined ? null : { port, bind: () => undefined }),
    solver: (state) => solverFrom(state, solver),
  }) as Snapshot<unknown>
}
