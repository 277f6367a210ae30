/**
 * What a growing service did, window by window, on disk: the figures that each gate was asked with, what moved, what people asked, and
 * faults. Candidates are code and are in no file; from the figures every transition is repeated.
 */
import { growthProblem } from "../../domain/GrowthError.ts"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { GraftTable } from "../grafting/GraftTable.ts"
import type { GraftLife } from "../grafting/GraftLife.ts"
import type { GraftCommand } from "../grafting/graftEvents.ts"
import type { Figures } from "../contracts/Host.ts"
import { pipelineGrafting } from "../growth/PipelineCore.ts"
import { RecordedHost } from "../pipeline/RecordedHost.ts"
import { EvidenceTape, type Taped } from "../pipeline/EvidenceTape.ts"
import type { PipelineThresholds } from "../pipeline/pipelineOptions.ts"
import type { PipelineEntry, PipelineInputs, PipelineKeeper } from "../service/PipelineGrowth.ts"
import { lockFile } from "../../system/lockFile.ts"
import { makePrivateFolder } from "../../system/privateFile.ts"
import { causeText, isSystemError, StateFileError } from "../../system/StateFileError.ts"
import { EvidenceCheck, type RepeatedEvidence } from "./EvidenceCheck.ts"
import { whyNotWritten } from "./stateFolder.ts"
import { FrameLog } from "./FrameLog.ts"

/** Its file in a state folder. */
export const PIPELINE = "pipeline.log"

const INPUTS = 1
const ENTRY = 2

/** Runs one after the other: each begins with what the service was started with. */
export interface PipelineRun {
  readonly inputs: PipelineInputs
  readonly entries: ReadonlyArray<PipelineEntry>
}

/** Numbers that JSON does not have, as texts; many numbers as one text. */
const plain = (_: string, value: unknown): unknown =>
  value instanceof Float64Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64")
    : typeof value === "number" && !Number.isFinite(value)
      ? String(value)
      : value

/** Keeps a growing service in a folder, for one process at a time. */
export function pipelineKeeper(directory: string): PipelineKeeper {
  let log: FrameLog | null = null
  let release = (): void => {}
  let last: Promise<void> = Promise.resolve()
  let failure: unknown = null
  const write = (kind: 1 | 2, data: unknown): void => {
    const text: unknown = JSON.parse(JSON.stringify(data, plain))
    const opened = log
    if (opened === null) return
    last = last
      .then(() => opened.append({ kind, data: text }))
      .catch((cause: unknown) => {
        const why = whyNotWritten(cause)
        failure ??=
          why === null
            ? cause
            : growthProblem(
                "state",
                `${directory} cannot be written: ${why}.`,
                "Calls go on; make room, and start the service again for a record.",
              )
      })
  }
  const flush = async (): Promise<void> => {
    await last
    if (failure !== null) throw failure
  }
  return {
    tape: () => new EvidenceTape(),
    open: async (inputs) => {
      try {
        makePrivateFolder(directory)
        const lock = await lockFile(join(directory, "growth"), {
          command: "a growing service",
          brief: false,
          patienceMs: 0,
          otherwise: "give every growing service a state folder of its own",
        })
        release = () => lock.release()
        log = (await FrameLog.open(join(directory, PIPELINE))).log
      } catch (cause) {
        release()
        throw refusal(cause, directory)
      }
      write(INPUTS, inputs)
      await flush()
    },
    record: (entry) => write(ENTRY, entry),
    flush,
    close: async () => {
      await last
      await log?.close()
      log = null
      release()
      if (failure !== null) throw failure
    },
  }
}

/** The runs in a folder. Throws a `GrowthError` where there is no such file, or it is damaged. */
export function readPipeline(directory: string): ReadonlyArray<PipelineRun> {
  const path = join(directory, PIPELINE)
  if (!existsSync(path))
    throw growthProblem(
      "directory",
      `${directory} holds no growing service.`,
      "Name the folder given as state.",
    )
  const runs: Array<{ inputs: PipelineInputs; entries: Array<PipelineEntry> }> = []
  for (const { kind, data } of FrameLog.read(path) ?? []) {
    if (kind === INPUTS) runs.push({ inputs: data as PipelineInputs, entries: [] })
    else runs.at(-1)?.entries.push(entryOf(data as PipelineEntry))
  }
  return runs
}

/** An entry with the numbers of its tapes. */
function entryOf(entry: PipelineEntry): PipelineEntry {
  if (entry.type !== "window" || entry.tapes === undefined) return entry
  const read = (taped: Taped | null): Taped | null =>
    taped === null ? null : { ...taped, ratios: ratiosOf(taped.ratios) }
  const tapes = entry.tapes.map(
    ([slot, { pairs, compared }]) => [slot, { pairs: read(pairs), compared: read(compared) }] as const,
  )
  return { ...entry, tapes }
}

function ratiosOf(text: unknown): Float64Array {
  const bytes = Uint8Array.from(Buffer.from(String(text), "base64"))
  return new Float64Array(bytes.buffer, 0, Math.floor(bytes.length / Float64Array.BYTES_PER_ELEMENT))
}

type WindowEntry = Extract<PipelineEntry, { readonly type: "window" }>

/** What a run came to when it was repeated. */
export interface RepeatedRun {
  readonly windows: number
  readonly moves: number
  /** The first window whose transitions come out otherwise, or null. */
  readonly differentFrom: number | null
  /** What its evidence comes to, made again from every pair and mirror; null where the record has none of them. */
  readonly evidence: RepeatedEvidence | null
}

/** Whether transitions and evidence come out as they are recorded, as far as the record has them. */
export const repeatsItself = ({ differentFrom, evidence }: RepeatedRun): boolean =>
  differentFrom === null && (evidence?.different ?? null) === null

/** Repeats every transition of a run from its figures, and its evidence from its pairs. `seen` gets each window whose transitions are the same. */
export function replayPipeline(
  { inputs, entries }: PipelineRun,
  seen: (entry: WindowEntry, lives: ReadonlyArray<GraftLife>) => void = () => {},
): RepeatedRun {
  const { gates, grafting, sockets } = inputs
  const host = new RecordedHost(sockets, gates as PipelineThresholds)
  const table = new GraftTable({ host, options: pipelineGrafting(grafting, gates as PipelineThresholds) })
  const evidence = new EvidenceCheck(gates as PipelineThresholds)
  let windows = 0
  let moves = 0
  let faults: Array<unknown> = []
  for (const entry of entries) {
    // Windows in which nothing was asked are not written; an embargo counts them all the same.
    const before = entry.type === "window" ? entry.boundary - 1 : entry.after
    while (table.boundary < before) table.atBoundary(table.boundary + 1)
    if (entry.type === "command") {
      evidence.command(entry)
      if (entry.slot !== null) table.command(entry.slot, entry.command as GraftCommand)
    } else if (entry.type === "fault") {
      faults.push(...table.fault(entry.slot, "critical", entry.what))
    } else {
      host.figures = new Map(entry.figures.map(([slot, figures]) => [slot, numbers(figures)]))
      evidence.window(entry, host.figures, (slot) => table.lifeOf(slot).state)
      const report = table.atBoundary(entry.boundary)
      evidence.moved(report.moves)
      host.figures = new Map()
      windows++
      moves += entry.moves.length
      const come = [...faults, ...report.moves]
      faults = []
      if (JSON.stringify(come, plain) !== JSON.stringify(entry.moves))
        return { windows, moves, differentFrom: entry.boundary, evidence: evidence.found }
      seen(entry, table.lives)
    }
  }
  return { windows, moves, differentFrom: null, evidence: evidence.found }
}

const numbers = (figures: Figures): Figures =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number(value)]))

/** What the system says, as a user's error; anything else is as it is. */
function refusal(cause: unknown, directory: string): unknown {
  if (cause instanceof StateFileError) return growthProblem("state", cause.message, "Nothing was changed.")
  if (!isSystemError(cause)) return cause
  return growthProblem("state", `${directory} cannot be used: ${causeText(cause)}`, "Nothing was changed.")
}
