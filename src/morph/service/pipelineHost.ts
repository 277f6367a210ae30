/**
 * `pipelineHost`: a running service as something that grows. Its sockets are functions that callers use in place of the ones they had;
 * until `createGrowth` starts it they only pass calls on.
 */
import { GrowthError } from "../../domain/GrowthError.ts"
import { didYouMean, problem, show } from "../../domain/problems.ts"
import { makeSockets } from "../pipeline/PipelineHost.ts"
import { type Pieces, readPieces } from "../pipeline/pieces.ts"
import { growPipeline } from "./growPipeline.ts"
import type { Functions, PipelineDescription } from "./PipelineGrowth.ts"

/**
 * A service, piece by piece. Throws a `GrowthError` with every problem.
 *
 * @example
 * const host = pipelineHost({ search: { incumbent: searchOld, effects: "none", deadlineMs: 200 } })
 * const search = host.socket("search")
 */
export function pipelineHost<P extends Functions>(pieces: Pieces<P>): PipelineDescription<P> {
  const sockets = makeSockets(readPieces(pieces))
  const owner = { isGrown: false }
  return {
    kind: "pipeline",
    socket: <K extends keyof P & string>(name: K): P[K] => {
      const socket = sockets.get(name)
      if (socket === undefined)
        throw new GrowthError({
          problems: [
            problem(["socket"], `There is no socket ${show(name)}.`, didYouMean(name, [...sockets.keys()])),
          ],
        })
      return socket.call as P[K]
    },
    grow: (options, services = {}) => growPipeline(sockets, owner, options, services),
  }
}
