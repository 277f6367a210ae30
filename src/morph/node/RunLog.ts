/**
 * What a growing run was given and what each of its boundaries came to: the inputs first, then a line a boundary with the hash of host,
 * grafts and decisions. A run is a pure function of its inputs, so it is repeated from them, compared hash by hash, and continued.
 */
import type { GrowthBoundary } from "../growth/GrowthBoundary.ts"
import { FrameLog } from "./FrameLog.ts"
import { growthProblem } from "./growthProblem.ts"

const INPUTS = 1
const BOUNDARY = 2
/** Boundaries that are written together; a killed run repeats at most so many. */
const TOGETHER = 25

/** The inputs of a run of `arqon grow`. */
export interface RunInputs {
  readonly version: 1
  readonly task: string
  readonly seed: number
}

/** A boundary as it is kept. Losses are texts where they are no numbers. */
export interface RunBoundary {
  readonly epoch: number
  /** Of host, grafts and decisions, after this boundary. */
  readonly hash: string
  readonly loss: number | string
  readonly accuracy: number | null
  readonly parameters: number
  readonly mode: string
  readonly moves: ReadonlyArray<{
    readonly slot: string
    readonly from: string
    readonly to: string
    readonly why: string
  }>
  readonly proposal: GrowthBoundary["proposal"]
  readonly refusal: string | null
}

export interface RunRecord {
  readonly inputs: RunInputs | null
  readonly boundaries: ReadonlyArray<RunBoundary>
}

/** JSON has no NaN and no infinity. */
const kept = (value: number): number | string => (Number.isFinite(value) ? value : String(value))

export const runBoundary = (boundary: GrowthBoundary, hash: string): RunBoundary => ({
  epoch: boundary.epoch,
  hash,
  loss: kept(boundary.loss),
  accuracy: boundary.accuracy,
  parameters: boundary.parameters,
  mode: boundary.mode,
  moves: boundary.moves.map(({ slot, from, to, why }) => ({ slot, from, to, why })),
  proposal: boundary.proposal,
  refusal: boundary.refusal,
})

const recordOf = (records: ReturnType<typeof FrameLog.read>): RunRecord => {
  const [first, ...rest] = records ?? []
  return {
    inputs: first?.kind === INPUTS ? (first.data as RunInputs) : null,
    boundaries: rest.map(({ data }) => data as RunBoundary),
  }
}

/** What stands in a file, which stays as it is. */
export const readRun = (path: string): RunRecord => recordOf(FrameLog.read(path))

export class RunLog {
  readonly record: RunRecord
  private readonly log: FrameLog
  private waiting: Array<RunBoundary> = []

  private constructor(log: FrameLog, record: RunRecord) {
    this.log = log
    this.record = record
  }

  /** Opens the run of a file for these inputs, or begins it. A run with others is refused. */
  static async open(path: string, inputs: RunInputs): Promise<RunLog> {
    const { log, records } = await FrameLog.open(path)
    const record = recordOf(records)
    const found = record.inputs
    if (found === null) await log.append({ kind: INPUTS, data: inputs })
    else if (found.task !== inputs.task || found.seed !== inputs.seed) {
      await log.close()
      throw growthProblem(
        "state",
        `the folder holds a run of ${found.task} with seed ${found.seed}, and this is ${inputs.task} with seed ${inputs.seed}.`,
        "Name another folder, or give the task and the seed that it was begun with.",
      )
    }
    return new RunLog(log, record)
  }

  /** Takes a boundary that the record does not have yet. */
  async add(boundary: RunBoundary): Promise<void> {
    this.waiting.push(boundary)
    if (this.waiting.length >= TOGETHER) await this.flush()
  }

  async close(): Promise<void> {
    try {
      await this.flush()
    } finally {
      await this.log.close()
    }
  }

  private async flush(): Promise<void> {
    const { waiting } = this
    this.waiting = []
    if (waiting.length > 0)
      await this.log.append(...waiting.map((data) => ({ kind: BOUNDARY, data }) as const))
  }
}
