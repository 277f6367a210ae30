/** What a folder holds of a growing service, for the studio: each run repeated from its figures, every transition and hash compared. */
import { type PipelineRun, readPipelineRecord } from "../morph/node/PipelineLog.ts"
import { repeatsItself, replayPipeline } from "../morph/node/replayPipeline.ts"
import { PipelineBook } from "../studio/server/PipelineBook.ts"
import { CliFailure, EXIT } from "./exitCodes.ts"
import { endText, tornText } from "./growText.ts"

/** Throws a `GrowthError` where the record is damaged, and a CliFailure where it does not repeat itself. */
export function pipelinesIn(directory: string): {
  readonly pipelines: ReadonlyArray<PipelineBook>
  /** What is behind the last whole record. */
  readonly said: string | null
} {
  const { runs, torn } = readPipelineRecord(directory)
  const books = runs.map((run, i) => bookOf(run, i + 1, directory, i === runs.length - 1 ? torn : 0))
  // The last run first: it is what somebody looks for.
  return { pipelines: books.toReversed(), said: tornText(torn) }
}

function bookOf(run: PipelineRun, n: number, directory: string, torn: number): PipelineBook {
  const { sockets, gates } = run.inputs
  const { fail, pass } = gates
  let problem: string | null = null
  const book = new PipelineBook({
    id: `run-${n}`,
    name: `Run ${n}`,
    source: "recorded",
    fail,
    pass,
    problem: () => problem,
  })
  const repeated = replayPipeline(run, ({ boundary, figures, moves, pieces }, lives) => {
    const places = sockets.map((name) => {
      const moved = moves.findLast(({ slot }) => isOf(slot, name))
      const life = lives.findLast(({ slot }) => isOf(slot, name))
      return {
        name,
        // What was measured was measured in the state that a move leads out of.
        state: moved?.from ?? life?.state ?? "dormant",
        share: life?.alpha ?? 0,
        figures: figures.findLast(([slot]) => isOf(slot, name))?.[1] ?? {},
      }
    })
    book.addRecorded({ boundary, places, moves, pieces })
  })
  if (!repeatsItself(repeated))
    throw new CliFailure(
      `Run ${n} of ${directory} does not repeat its record at window ${repeated.differentFrom ?? repeated.evidence?.different?.boundary}: it was changed, or another version wrote it. Name another folder.`,
      EXIT.differs,
    )
  problem = tornText(torn) ?? (repeated.isStopped === false ? endText(false) : null)
  book.end()
  return book
}

/** A slot is named after its piece, `search` or `search#2`. */
const isOf = (slot: string, piece: string): boolean => slot === piece || slot.startsWith(`${piece}#`)
