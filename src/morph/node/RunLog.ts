/**
 * What a growing run was given and what each of its boundaries came to: the inputs first, then commands and boundaries as they came, each
 * boundary with the hash of host, grafts and decisions. A run is a pure function of its inputs, so it is repeated from them, compared hash
 * by hash, and continued.
 */
import { growthProblem } from "../../domain/GrowthError.ts"
import type { GrowthBoundary } from "../growth/GrowthBoundary.ts"
import type { PersonCommand } from "../growth/PersonCommand.ts"
import type { KernelNote } from "../service/kernelsView.ts"
import { FrameLog } from "./FrameLog.ts"
import type { Heard } from "./Tape.ts"

/** Its file in a state folder. */
export const RUN = "run.log"

const INPUTS = 1
const BOUNDARY = 2
const COMMAND = 3
/** Boundaries that are written together; a killed run repeats at most so many. */
const TOGETHER = 25

/** The inputs of a run. What is only compared stands as a hash or a text. */
export interface RunInputs {
  /** Of the record; version 1 had no commands. */
  readonly version: 2
  /** Name of the data: of a task, where they are one of the package's. */
  readonly task: string
  readonly seed: number
  /** SHA-256 of the rows. */
  readonly rows: string
  readonly host: string
  readonly grafting: string
  readonly policy: string
}

/** A boundary as it is kept. Losses are texts where they are no numbers. */
export interface RunBoundary extends Heard {
  readonly epoch: number
  /** Of the host after this boundary, and of the host with everything that is planted. */
  readonly hash: string
  readonly grafts: string
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
  /** By graft that was planted: SHA-256 of what its blueprint built. */
  readonly kernels?: Readonly<Record<string, string>>
}

/** A person's command as it is kept, or what happened between two boundaries without one; `after` is the boundary before it. */
export interface RunCommand extends Heard {
  readonly after: number
  readonly command: PersonCommand | null
  /** Why it was not carried out; null where it was. */
  readonly refused: string | null
  /** What was planted was removed first: it had hung its thread twice in one place. */
  readonly culled?: true
  /** What became of a kernel for a graft. The run has the same bits with it and without it. */
  readonly kernel?: KernelNote
}

export interface RunRecord {
  readonly inputs: RunInputs | null
  readonly boundaries: ReadonlyArray<RunBoundary>
  readonly commands: ReadonlyArray<RunCommand>
}

/** JSON has no NaN and no infinity. */
const kept = (value: number): number | string => (Number.isFinite(value) ? value : String(value))

export const runBoundary = (
  boundary: GrowthBoundary,
  hash: string,
  more: Pick<RunBoundary, "grafts" | "kernels" | "clock" | "answer">,
): RunBoundary => ({
  epoch: boundary.epoch,
  hash,
  loss: kept(boundary.loss),
  accuracy: boundary.accuracy,
  parameters: boundary.parameters,
  mode: boundary.mode,
  moves: boundary.moves.map(({ slot, from, to, why }) => ({ slot, from, to, why })),
  proposal: boundary.proposal,
  refusal: boundary.refusal,
  ...more,
})

const recordOf = (records: ReturnType<typeof FrameLog.read>): RunRecord => {
  const [first, ...rest] = records ?? []
  return {
    inputs: first?.kind === INPUTS ? (first.data as RunInputs) : null,
    boundaries: rest.flatMap(({ kind, data }) => (kind === BOUNDARY ? [data as RunBoundary] : [])),
    commands: rest.flatMap(({ kind, data }) => (kind === COMMAND ? [data as RunCommand] : [])),
  }
}

/** What stands in a file, which stays as it is. */
export const readRun = (path: string): RunRecord => recordOf(FrameLog.read(path))

/** Throws a `GrowthError` where a run was begun with something else than these, or is written in another way. */
export function requireInputs(found: RunInputs, inputs: RunInputs): void {
  const version: number = found.version
  if (version !== inputs.version)
    throw growthProblem(
      "state",
      `${RUN} is of version ${version}, and this arqon reads version ${String(inputs.version)}.`,
      "Name another folder: the same task and seed give the same run.",
    )
  const other = otherInputs(found, inputs)
  if (other !== null)
    throw growthProblem(
      "state",
      `the folder holds ${other}.`,
      "Name another folder, or give what it was begun with.",
    )
}

function otherInputs(found: RunInputs, inputs: RunInputs): string | null {
  if (found.task !== inputs.task || found.seed !== inputs.seed)
    return `a run of ${found.task} with seed ${found.seed}, and this is ${inputs.task} with seed ${inputs.seed}`
  const others = (["host", "rows", "grafting", "policy"] as const).filter(
    (name) => found[name] !== inputs[name],
  )
  return others.length === 0 ? null : `a run with other options: ${others.join(", ")}`
}

export class RunLog {
  readonly record: RunRecord
  private readonly log: FrameLog
  private waiting: Array<{ readonly kind: 2 | 3; readonly data: unknown }> = []
  /** Rejects for good once something could not be written: behind a gap nothing could be repeated. */
  private written: Promise<void> = Promise.resolve()

  private constructor(log: FrameLog, record: RunRecord) {
    this.log = log
    this.record = record
  }

  /** Opens the run of a file for these inputs, or begins it. A run with others is refused. */
  static async open(path: string, inputs: RunInputs): Promise<RunLog> {
    const { log, records } = await FrameLog.open(path)
    const record = recordOf(records)
    const found = record.inputs
    if (found === null) {
      await log.append({ kind: INPUTS, data: inputs })
      return new RunLog(log, record)
    }
    try {
      requireInputs(found, inputs)
    } catch (cause) {
      await log.close()
      throw cause
    }
    return new RunLog(log, record)
  }

  /** Takes a boundary that the record does not have yet. */
  async add(boundary: RunBoundary): Promise<void> {
    this.waiting.push({ kind: BOUNDARY, data: boundary })
    if (this.waiting.length >= TOGETHER) await this.flush()
  }

  /** Resolves when the command, and all before it, is on the disk. */
  command(command: RunCommand): Promise<void> {
    this.waiting.push({ kind: COMMAND, data: command })
    return this.flush()
  }

  async close(): Promise<void> {
    try {
      await this.flush()
    } finally {
      await this.log.close()
    }
  }

  /** Resolves when all that was taken is on the disk. */
  flush(): Promise<void> {
    this.written = this.written.then(() => {
      const { waiting } = this
      this.waiting = []
      return this.log.append(...waiting)
    })
    return this.written
  }
}
