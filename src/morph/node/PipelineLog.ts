/**
 * What a growing service did, window by window, on disk: the figures that each gate was asked with, what moved, what people asked, and
 * faults. Candidates are code and are in no file; from the figures every transition is repeated (`replayPipeline`).
 */
import { GrowthError, growthProblem } from "../../domain/GrowthError.ts"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { EvidenceTape } from "../pipeline/EvidenceTape.ts"
import type { PipelineEntry, PipelineInputs, PipelineKeeper } from "../service/PipelineGrowth.ts"
import { lockFile } from "../../system/lockFile.ts"
import { makePrivateFolder } from "../../system/privateFile.ts"
import { causeText, isSystemError, StateFileError } from "../../system/StateFileError.ts"
import { brokenRecord, entryIn, inputsIn } from "./pipelineEntries.ts"
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
export const plain = (_: string, value: unknown): unknown =>
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
  const write = (kind: 1 | 2, data: unknown): Promise<boolean> => {
    const text: unknown = JSON.parse(JSON.stringify(data, plain))
    const opened = log
    if (opened === null) return Promise.resolve(true)
    const written = last.then(async () => {
      // What comes later would stand behind a gap.
      if (failure !== null) return false
      try {
        await opened.append({ kind, data: text })
        return true
      } catch (cause) {
        const why = whyNotWritten(cause)
        failure =
          why === null
            ? cause
            : growthProblem(
                "state",
                `${directory} cannot be written: ${why}.`,
                "Calls go on; make room, and start the service again: until then no candidate moves on.",
              )
        return false
      }
    })
    last = written.then(() => {})
    return written
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
      void write(INPUTS, inputs)
      await flush()
    },
    record: (entry) => write(ENTRY, entry),
    problem: () => {
      if (failure === null) return null
      if (!(failure instanceof GrowthError)) return causeText(failure)
      const [{ message, suggestion = "" }] = failure.problems
      return `${message} ${suggestion}`.trimEnd()
    },
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

/** What a folder holds of a growing service. */
export interface PipelineRecord {
  readonly runs: ReadonlyArray<PipelineRun>
  /** Bytes at its end that are no whole record: a kill cut them off, or somebody has changed them. */
  readonly torn: number
  /** The last hash of its chain. A copy that is kept elsewhere shows later whether anything before it was changed. */
  readonly hash: string
}

/** What a folder holds. Throws a `GrowthError` where there is no such file, or it is damaged. */
export function readPipelineRecord(directory: string): PipelineRecord {
  const path = join(directory, PIPELINE)
  if (!existsSync(path))
    throw growthProblem(
      "directory",
      `${directory} holds no growing service.`,
      "Name the folder given as state.",
    )
  const runs: Array<{ inputs: PipelineInputs; entries: Array<PipelineEntry> }> = []
  const { records, torn, hash } = FrameLog.survey(path)
  if (records.length === 0)
    throw growthProblem(
      "state",
      `${PIPELINE} in ${directory} holds no whole record${torn === 0 ? "" : `, only ${torn} bytes of one`}.`,
      "Restore it from a copy, or name another folder.",
    )
  if (records[0].kind !== INPUTS) throw brokenRecord(1, "does not say what the service was started with")
  for (const [i, { kind, data }] of records.entries()) {
    if (kind === INPUTS) runs.push({ inputs: inputsIn(data, i + 1), entries: [] })
    else if (kind !== ENTRY) throw brokenRecord(i + 1, `is of kind ${kind}, which this version does not know`)
    else runs.at(-1)?.entries.push(entryIn(data, i + 1))
  }
  return { runs, torn, hash }
}

/** What the system says, as a user's error; anything else is as it is. */
function refusal(cause: unknown, directory: string): unknown {
  if (cause instanceof StateFileError) return growthProblem("state", cause.message, "Nothing was changed.")
  if (!isSystemError(cause)) return cause
  return growthProblem("state", `${directory} cannot be used: ${causeText(cause)}`, "Nothing was changed.")
}
