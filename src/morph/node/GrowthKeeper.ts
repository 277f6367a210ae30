/**
 * Keeps a growing host in a state folder. What is there is a record of everything the run was given and came to, and checkpoints of where
 * it stood. A start goes on from the last checkpoint, and repeats only what the record has behind it: at most 25 boundaries and the
 * commands among them. All of it is compared with the record, so a run never goes on from something else than what is written.
 */
import { createHash } from "node:crypto"
import { join } from "node:path"
import { setImmediate as turn } from "node:timers/promises"
import { deserialize, serialize } from "node:v8"
import { GrowthError, growthProblem } from "../../domain/GrowthError.ts"
import type { GrowthBoundary } from "../growth/GrowthBoundary.ts"
import type { GrowthCore } from "../growth/GrowthCore.ts"
import { perform, type PersonCommand } from "../growth/PersonCommand.ts"
import { coreStanding, type CoreStanding } from "../growth/standing.ts"
import type { GrowthReport } from "../policy/reports.ts"
import type { KernelNote } from "../service/kernelsView.ts"
import type { CoreMaker, CoreParts, KeptInputs, Keeper } from "../service/Keeper.ts"
import {
  readRun,
  requireInputs,
  RUN,
  type RunBoundary,
  type RunCommand,
  type RunInputs,
  RunLog,
  type RunRecord,
} from "./RunLog.ts"
import { openStateFolder, type StateFolder, whyNotWritten } from "./stateFolder.ts"
import { keptBoundary } from "./keptBoundary.ts"
import { Tape, tapedCore } from "./Tape.ts"

/** Boundaries between two checkpoints. */
const EVERY = 25
const VERSION = 1
const TURN_MS = 20

interface Content {
  readonly version: number
  readonly standing: CoreStanding
}

/** Which host a folder belongs to, in words. */
const hostText = ({ shape, hidden, outputs, activation }: KeptInputs["host"]): string =>
  `neural ${shape.join("x")}-${hidden.map(({ units }) => units).join("-")}-${outputs} ${activation}`

function inputsOf({ host, data, seed, grafting, policy }: KeptInputs): RunInputs {
  const rows = createHash("sha256")
  for (const { inputs, targets } of [data.train, data.validation, data.test])
    rows.update(inputs).update(targets)
  return {
    version: 2,
    task: data.name,
    seed,
    rows: rows.digest("hex"),
    host: JSON.stringify(host),
    grafting: JSON.stringify(grafting ?? {}),
    policy,
  }
}

/** Gets each boundary of a run that is repeated, and the core behind it. */
export type EachRepeated = (boundary: GrowthBoundary, core: GrowthCore) => void

/** Carries out again what was asked for, or happened, between two boundaries; false where it comes to something else than before. */
function again(core: GrowthCore, tape: Tape, recorded: RunCommand): boolean {
  const { command, refused, culled, alarm } = recorded
  tape.play(recorded)
  if (culled === true) core.cullAll()
  if (alarm !== undefined) core.listen()
  // What refused it left no trace, but for what it was told.
  if (command === null || (refused !== null && recorded.tried === undefined)) return true
  try {
    perform(core, command)
    return refused === null
  } catch (error) {
    if (!(error instanceof GrowthError)) throw error
    return refused !== null
  }
}

/** Runs on as a record says; the first boundary that comes out another way, or null where all are the same. */
async function repeat(
  core: GrowthCore,
  tape: Tape,
  { boundaries, commands }: RunRecord,
  each: EachRepeated = () => {},
): Promise<number | null> {
  const asked = commands.filter(({ after }) => after >= core.epochs)
  let at = 0
  let turnAt = performance.now()
  const command = (): boolean => {
    for (; asked[at]?.after === core.epochs; at++) if (!again(core, tape, asked[at])) return false
    return true
  }
  for (const recorded of boundaries.slice(core.epochs)) {
    if (!command()) return core.epochs
    tape.play(recorded)
    const boundary = core.next()
    const again = keptBoundary(boundary, core, tape.take())
    if (JSON.stringify(again) !== JSON.stringify(recorded)) return recorded.epoch
    each(boundary, core)
    if (performance.now() - turnAt < TURN_MS) continue
    await turn()
    turnAt = performance.now()
  }
  return command() ? null : core.epochs
}

/** Repeats the run of a folder from its beginning. Rejects with a `GrowthError` where it was begun with something else. */
export async function repeatRun(
  directory: string,
  maker: CoreMaker,
  parts: CoreParts,
  each: EachRepeated,
): Promise<{ readonly boundaries: number; readonly differentFrom: number | null }> {
  const record = readRun(join(directory, RUN))
  if (record.inputs === null) throw growthProblem("state", "the folder holds no run.", "Name another folder.")
  requireInputs(record.inputs, inputsOf(maker.inputs))
  const tape = new Tape(parts.now)
  const differentFrom = await repeat(tapedCore(maker, parts, tape, null), tape, record, each)
  return { boundaries: record.boundaries.length, differentFrom }
}

/** Where a run stands, for its last checkpoint. */
export interface KeptStanding {
  readonly epoch: number
  /** False where a boundary broke off half-way. */
  readonly isWhole: boolean
  readonly standing: () => CoreStanding
}

interface Held {
  readonly folder: StateFolder
  readonly log: RunLog
  readonly tape: Tape
  readonly make: (standing: CoreStanding) => GrowthCore
  core: GrowthCore
  /** Where the run stands: the core's own place, unless another thread trains. */
  now: () => KeptStanding
}

const standingOf = (core: GrowthCore): KeptStanding => ({
  epoch: core.epochs,
  isWhole: core.isWhole,
  standing: () => coreStanding(core),
})

export class GrowthKeeper implements Keeper {
  private readonly directory: string
  private held: Held | null = null
  /** What the disk said; a run without its record does not go on. */
  private failure: { readonly cause: unknown } | null = null
  private savedAt = 0
  /** Of kernels that were there before the record was open. */
  private readonly early: Array<KernelNote> = []
  private saving: Promise<void> | null = null

  constructor(directory: string) {
    this.directory = directory
  }

  async open(maker: CoreMaker, parts: CoreParts): Promise<GrowthCore> {
    const { directory } = this
    const folder = await openStateFolder(directory, hostText(maker.inputs.host), Date.now())
    let log: RunLog | null = null
    try {
      log = await RunLog.open(join(directory, RUN), inputsOf(maker.inputs))
      const tape = new Tape(parts.now)
      const filed = (report: GrowthReport): void => this.watch(folder.reports.append(report, Date.now()))
      const make = (standing: CoreStanding | null): GrowthCore =>
        tapedCore(maker, { ...parts, filed }, tape, standing)
      const { last } = folder
      // A checkpoint that the record does not reach belongs to a record that was cut off.
      const isReached = last !== null && last.boundary <= log.record.boundaries.length
      const core = make(isReached ? standingIn(last.content) : null)
      this.savedAt = core.epochs
      const different = await repeat(core, tape, log.record)
      if (different !== null)
        throw growthProblem(
          "state",
          `the run does not repeat its record at epoch ${different}: it was changed, or another version wrote it.`,
          "Name another folder.",
        )
      tape.play(null)
      const held: Held = { folder, log, tape, make, core, now: () => standingOf(held.core) }
      this.held = held
      for (const note of this.early.splice(0)) this.kernel(note)
      return core
    } catch (cause) {
      await log?.close()
      await folder.close()
      throw cause
    }
  }

  again(standing: CoreStanding): GrowthCore {
    const { held } = this
    if (held === null) throw growthProblem("state", "The run was closed.", "Start another one.")
    // A boundary that broke off has been told something; it is told again.
    held.tape.take()
    held.core = held.make(standing)
    return held.core
  }

  boundary(boundary: GrowthBoundary): void {
    const { held } = this
    if (held === null) return this.expectWritten()
    const isGood = boundary.rolledBackTo === null && Number.isFinite(boundary.loss)
    this.record(keptBoundary(boundary, held.core, held.tape.take()), isGood)
  }

  /** The same for a boundary that another thread took. */
  record(boundary: RunBoundary, isGood: boolean): void {
    const { held } = this
    this.expectWritten()
    if (held === null) return
    this.watch(held.log.add(boundary))
    if (isGood && this.saving === null && boundary.epoch - this.savedAt >= EVERY) this.save()
  }

  ready(): void {
    this.expectWritten()
  }

  async command(command: PersonCommand, refused: string | null): Promise<void> {
    const { held } = this
    if (held === null) return
    await this.note({ after: held.core.epochs, command, refused, ...held.tape.take() })
  }

  /** The same for a command that another thread carried out, or what happened to it between two boundaries. */
  async note(command: RunCommand): Promise<void> {
    this.expectWritten()
    await this.held?.log.command(command).catch((cause: unknown) => this.failed(cause))
    this.expectWritten()
  }

  /** What became of a kernel: no replay depends on it. */
  kernel(note: KernelNote): void {
    const { held } = this
    if (held === null) return void this.early.push(note)
    this.watch(
      held.log.command({ after: held.now().epoch, command: null, refused: null, clock: [], kernel: note }),
    )
  }

  /** Another thread trains from here on: where it stands. */
  follow(now: () => KeptStanding): void {
    if (this.held !== null) this.held.now = now
  }

  /** A report that arose in another thread. */
  filed(report: GrowthReport): void {
    if (this.held !== null) this.watch(this.held.folder.reports.append(report, Date.now()))
  }

  get reports(): ReadonlyArray<GrowthReport> {
    return this.held?.folder.reports.reports ?? []
  }

  async close(): Promise<void> {
    const { held } = this
    if (held === null) return
    this.held = null
    try {
      await this.saving
      const { alarm, clock } = held.tape.take()
      const { epoch, isWhole, standing } = held.now()
      // An alarm that ended the run came after its last boundary.
      if (alarm !== undefined)
        await held.log.command({ after: epoch, command: null, refused: null, clock, alarm })
      await held.log.flush()
      if (epoch > this.savedAt && isWhole) await held.folder.checkpoints.save(epoch, contentOf(standing()))
    } catch (cause) {
      this.failed(cause)
    }
    for (const part of [held.log, held.folder])
      await part.close().catch((cause: unknown) => this.failed(cause))
    this.expectWritten()
  }

  /** The first one is what is said. */
  private failed(cause: unknown): void {
    const why = whyNotWritten(cause)
    this.failure ??= {
      cause:
        why === null
          ? cause
          : growthProblem(
              "state",
              `${this.directory} cannot be written: ${why}.`,
              "The run does not go on without its record. Make room, and start it again: it goes on from what was written.",
            ),
    }
  }

  private expectWritten(): void {
    if (this.failure !== null) throw this.failure.cause
  }

  /** The checkpoint is of now; it is written once the record has reached it. */
  private save(): void {
    const { held } = this
    if (held === null) return
    const { epoch, standing } = held.now()
    const content = contentOf(standing())
    this.savedAt = epoch
    this.saving = held.log
      .flush()
      .then(() => held.folder.checkpoints.save(epoch, content))
      .catch((cause: unknown) => this.failed(cause))
      .then(() => void (this.saving = null))
  }

  private watch(written: Promise<unknown>): void {
    written.catch((cause: unknown) => this.failed(cause))
  }
}

const contentOf = (standing: CoreStanding): Uint8Array =>
  serialize({ version: VERSION, standing } satisfies Content)

function standingIn(content: Uint8Array): CoreStanding {
  const { version, standing } = deserialize(content) as Content
  if (version === VERSION) return standing
  throw growthProblem(
    "state",
    `its checkpoint is of version ${version}, and this is ${VERSION}.`,
    "Name another folder.",
  )
}
