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
import { kernelIn } from "../neural/standing.ts"
import { fingerprintOf } from "../neural/vectors.ts"
import type { GrowthReport } from "../policy/reports.ts"
import { coreFrom } from "../service/coreFrom.ts"
import type { CoreMaker, CoreParts, KeptInputs, Keeper } from "../service/Keeper.ts"
import {
  readRun,
  requireInputs,
  RUN,
  type RunBoundary,
  runBoundary,
  type RunInputs,
  RunLog,
  type RunRecord,
} from "./RunLog.ts"
import { openStateFolder, type StateFolder } from "./stateFolder.ts"
import { type Heard, Tape } from "./Tape.ts"

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

/** The boundary as it is written: with what was heard, and with hashes of everything. */
function keptBoundary(boundary: GrowthBoundary, { host }: GrowthCore, heard: Heard): RunBoundary {
  const planted = boundary.moves.filter(({ to }) => to === "germinated")
  const kernels = Object.fromEntries(planted.map(({ slot, graft }) => [graft ?? slot, kernelIn(host, slot)]))
  return runBoundary(boundary, host.fingerprint(), {
    grafts: fingerprintOf([host.copy()]),
    ...(planted.length === 0 ? {} : { kernels }),
    ...heard,
  })
}

/** Gets each boundary of a run that is repeated, and the core behind it. */
export type EachRepeated = (boundary: GrowthBoundary, core: GrowthCore) => void

/** Runs on as a record says; the first boundary that comes out another way, or null where all are the same. */
async function repeat(
  core: GrowthCore,
  tape: Tape,
  { boundaries, commands }: RunRecord,
  each: EachRepeated = () => {},
): Promise<number | null> {
  const carriedOut = commands.filter(({ after, refused }) => refused === null && after >= core.epochs)
  let at = 0
  let turnAt = performance.now()
  const command = (): boolean => {
    try {
      for (; carriedOut[at]?.after === core.epochs; at++) {
        tape.play(carriedOut[at])
        perform(core, carriedOut[at].command)
      }
      return true
    } catch (error) {
      if (!(error instanceof GrowthError)) throw error
      return false
    }
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

/** The parts of a core over a tape, at a standing or at the beginning. */
function coreAt(maker: CoreMaker, parts: CoreParts, tape: Tape, standing: CoreStanding | null): GrowthCore {
  const { policy } = parts
  const { inThread } = maker.inputs
  const taped: CoreParts = {
    ...parts,
    now: tape.now,
    policy: policy === null ? null : tape.policy(policy, inThread),
  }
  return standing === null ? maker.make(taped) : coreFrom(maker, taped, standing)
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
  const differentFrom = await repeat(coreAt(maker, parts, tape, null), tape, record, each)
  return { boundaries: record.boundaries.length, differentFrom }
}

export class GrowthKeeper implements Keeper {
  private readonly directory: string
  private held: { folder: StateFolder; log: RunLog; core: GrowthCore; tape: Tape } | null = null
  /** What the disk said; a run without its record does not go on. */
  private failure: { readonly cause: unknown } | null = null
  private savedAt = 0
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
      const { last } = folder
      // A checkpoint that the record does not reach belongs to a record that was cut off.
      const isReached = last !== null && last.boundary <= log.record.boundaries.length
      const standing = isReached ? standingIn(last.content) : null
      const core = coreAt(maker, { ...parts, filed }, tape, standing)
      this.savedAt = core.epochs
      const different = await repeat(core, tape, log.record)
      if (different !== null)
        throw growthProblem(
          "state",
          `the run does not repeat its record at epoch ${different}: it was changed, or another version wrote it.`,
          "Name another folder.",
        )
      tape.play(null)
      this.held = { folder, log, core, tape }
      return core
    } catch (cause) {
      await log?.close()
      await folder.close()
      throw cause
    }
  }

  boundary(boundary: GrowthBoundary): void {
    const { held } = this
    if (this.failure !== null) throw this.failure.cause
    if (held === null) return
    this.watch(held.log.add(keptBoundary(boundary, held.core, held.tape.take())))
    const isGood = boundary.rolledBackTo === null && Number.isFinite(boundary.loss)
    if (isGood && this.saving === null && boundary.epoch - this.savedAt >= EVERY) this.save()
  }

  async command(command: PersonCommand, refused: string | null): Promise<void> {
    const { held } = this
    if (held === null) return
    const { clock } = held.tape.take()
    await held.log.command({ after: held.core.epochs, command, refused, clock })
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
      await held.log.flush()
      if (held.core.epochs > this.savedAt && held.core.isWhole) await this.write(held.folder, held.core)
      if (this.failure !== null) throw this.failure.cause
    } finally {
      await held.log.close()
      await held.folder.close()
    }
  }

  /** The checkpoint is of now; it is written once the record has reached it. */
  private save(): void {
    const { held } = this
    if (held === null) return
    const content = contentOf(held.core)
    const at = held.core.epochs
    this.savedAt = at
    this.saving = held.log
      .flush()
      .then(() => held.folder.checkpoints.save(at, content))
      .catch((cause: unknown) => void (this.failure ??= { cause }))
      .then(() => void (this.saving = null))
  }

  private write(folder: StateFolder, core: GrowthCore): Promise<void> {
    return folder.checkpoints.save(core.epochs, contentOf(core))
  }

  private watch(written: Promise<unknown>): void {
    written.catch((cause: unknown) => void (this.failure ??= { cause }))
  }
}

const contentOf = (core: GrowthCore): Uint8Array =>
  serialize({ version: VERSION, standing: coreStanding(core) } satisfies Content)

function standingIn(content: Uint8Array): CoreStanding {
  const { version, standing } = deserialize(content) as Content
  if (version === VERSION) return standing
  throw growthProblem(
    "state",
    `its checkpoint is of version ${version}, and this is ${VERSION}.`,
    "Name another folder.",
  )
}
