/** The entries of a growing service's record, as they are read from its file: whoever could write there may have written anything. */
import { GrowthError, growthProblem } from "../../domain/GrowthError.ts"
import { show } from "../../domain/problems.ts"
import type { Taped, WindowTapes } from "../pipeline/EvidenceTape.ts"
import type { PipelineEntry } from "../service/PipelineGrowth.ts"

type Fields = Readonly<Record<string, unknown>>

/** One code in a row so often is more than any window has. */
const MOST_IN_A_ROW = 1e9

/** What is wrong with a record of the file. */
export const brokenRecord = (n: number, what: string): GrowthError =>
  growthProblem(
    "state",
    `pipeline.log: record ${n} ${what}.`,
    "Restore it from a copy, or name another folder.",
  )

/** An entry, with the numbers of its tapes. Throws a `GrowthError` where it is none. */
export function entryIn(data: unknown, n: number): PipelineEntry {
  const { type } = data as Fields
  if (type === "window") return windowIn(data as Fields, n)
  if (type === "command" || type === "fault" || type === "stop") return data as PipelineEntry
  throw brokenRecord(n, `is of type ${show(type)}, which this version does not know`)
}

function windowIn(entry: Fields, n: number): PipelineEntry {
  const window = entry as unknown as Extract<PipelineEntry, { readonly type: "window" }>
  if (window.tapes === undefined) return window
  const tapes = window.tapes.map(([slot, { pairs, compared }]) => {
    const read: WindowTapes = { pairs: tapeIn(pairs, n), compared: tapeIn(compared, n) }
    return [slot, read] as const
  })
  return { ...window, tapes }
}

function tapeIn(taped: unknown, n: number): Taped | null {
  if (taped === null) return null
  const { runs, ratios } = taped as Fields
  if (!Array.isArray(runs) || runs.length % 2 !== 0 || !runs.every(isCount))
    throw brokenRecord(n, "has a tape that is not of whole numbers")
  return { runs: runs as ReadonlyArray<number>, ratios: ratiosOf(ratios) }
}

const isCount = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MOST_IN_A_ROW

function ratiosOf(text: unknown): Float64Array {
  const bytes = Uint8Array.from(Buffer.from(String(text), "base64"))
  return new Float64Array(bytes.buffer, 0, Math.floor(bytes.length / Float64Array.BYTES_PER_ELEMENT))
}
