/** The studio of a service that grows: `await pipelineStudio(growth)`. */
import { ConfigError } from "../../domain/errors.ts"
import { problem } from "../../domain/problems.ts"
import type { Studio, StudioOptions } from "../../engine/contract/Studio.ts"
import type { PieceView } from "../../morph/growth/pieceView.ts"
import type { PipelineBoundary } from "../../morph/growth/PipelineCore.ts"
import { openStudio } from "../../studio/server/openStudio.ts"
import { PipelineBook } from "../../studio/server/PipelineBook.ts"

/** What is shown: what `createGrowth` makes of a `pipelineHost`. */
export interface ShownPipeline {
  readonly subscribe: (listener: (boundary: PipelineBoundary) => void) => { readonly unsubscribe: () => void }
  readonly snapshot: () => { readonly pieces: ReadonlyArray<PieceView>; readonly problem?: string | null }
}

/** How a growing service is shown. */
export interface PipelineStudioOptions extends StudioOptions {
  /** The evidence that culls and that passes, where `createGrowth` was given other `gates` than the package has. */
  readonly gates?: { readonly fail?: number | undefined; readonly pass?: number | undefined } | undefined
}

/**
 * Serves a page that shows a growing service: calls as a river, duels, evidence, and where answers differ. It changes nothing. Rejects with a
 * ConfigError for options that cannot be, and as `listen` does.
 */
export async function pipelineStudio(
  growth: ShownPipeline,
  options: PipelineStudioOptions = {},
): Promise<Studio> {
  const { gates = {}, name = "service", ...rest } = options
  const problems = [
    // What JavaScript hands over need not be what the types say.
    ...(typeof (growth as Partial<ShownPipeline> | undefined)?.subscribe === "function"
      ? []
      : [
          problem(
            ["growth"],
            "must be a growing service.",
            "Take what createGrowth makes of a pipelineHost.",
          ),
        ]),
    ...(options.inspectAt === undefined
      ? []
      : [problem(["inspectAt"], "is not available for a growing service.", "Leave it out.")]),
  ]
  if (problems.length > 0) throw new ConfigError({ problems })
  const { fail, pass } = gates
  const wrong = (): string | null => growth.snapshot().problem ?? null
  const book = new PipelineBook({ id: "service", name, source: "live", fail, pass, problem: wrong })
  book.begin(growth.snapshot().pieces)
  const watching = growth.subscribe((boundary) => book.add(boundary))
  const studio = await openStudio({ engines: [], solvers: new Map(), pipelines: [book] }, rest).catch(
    (cause: unknown) => {
      watching.unsubscribe()
      throw cause
    },
  )
  return {
    ...studio,
    stop: () => {
      watching.unsubscribe()
      return studio.stop()
    },
  }
}
