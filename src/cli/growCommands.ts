/** `arqon grow`: a network that is too small for its task grows, with progress; its record is shown, repeated and checked. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises"
import { GrowthError } from "../domain/errors.ts"
import { BLUEPRINTS } from "../morph/blueprints/catalogue.ts"
import { FAULTS } from "../morph/blueprints/faults.ts"
import type { GrowthBoundary } from "../morph/growth/GrowthBoundary.ts"
import { neuralHost } from "../morph/neural/options.ts"
import { Checkpoints } from "../morph/node/Checkpoints.ts"
import { FrameLog } from "../morph/node/FrameLog.ts"
import { growthProblem } from "../morph/node/growthProblem.ts"
import { readRun, type RunBoundary, runBoundary, RunLog, type RunRecord } from "../morph/node/RunLog.ts"
import { ReportLog } from "../morph/node/ReportLog.ts"
import { openStateFolder, REPORTS, RUN, verifyHost, type StateFolder } from "../morph/node/stateFolder.ts"
import { createGrowth, type Growth } from "../morph/service/createGrowth.ts"
import { tasks } from "../morph/training/tasks.ts"
import type { Studio } from "../engine/contract/Studio.ts"
import { GrowthBook } from "../studio/server/GrowthBook.ts"
import { openStudio } from "../studio/server/openStudio.ts"
import { plainJson } from "../system/plainText.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { boundaryLines, recordText, summaryText } from "./growText.ts"
import { note, print } from "./output.ts"
import { onSignals } from "./signals.ts"

type TaskName = keyof typeof tasks

/** Units of the one hidden layer: too few for most tasks. */
const HIDDEN = 8
const TURN_MS = 20
/** Between two boundaries that somebody watches, so that a run of a second can be followed. */
const WATCHED_MS = 30

interface GrowFlags {
  readonly task: TaskName
  readonly seed: number
  readonly epochs: number
  readonly state: string | null
  readonly json: boolean
  readonly quiet: boolean
  /** Shows the run in a browser, and goes on showing it when it is over. */
  readonly studio: boolean
}

interface RecordFlags {
  readonly directory: string
  readonly json: boolean
}

interface ShowFlags extends RecordFlags {
  readonly studio: boolean
}

function newGrowth(task: TaskName, seed: number): { readonly growth: Growth; readonly host: string } {
  const data = tasks[task]({ seed })
  const { shape, classes, outputs } = data
  const size = classes > 0 ? { classes } : { outputs }
  const growth = createGrowth({
    host: neuralHost({ inputs: shape, hidden: [HIDDEN], ...size }),
    data,
    seed,
    // No time of this machine decides anything, so that a run can be repeated on any other.
    now: () => 0,
    stopwatch: () => performance.now(),
  })
  return { growth, host: `neural ${shape.join("x")}-${HIDDEN}-${classes > 0 ? classes : outputs} tanh` }
}

/** Runs up to `epochs`, compares what is recorded, and hands on what is not. Ends at a boundary that differs, or when asked to. */
async function follow(
  growth: Growth,
  epochs: number,
  { boundaries }: RunRecord,
  each: (boundary: GrowthBoundary, kept: RunBoundary) => Promise<void>,
  stops: () => boolean,
  shown: GrowthBook | null = null,
): Promise<RunBoundary | null> {
  await growth.start()
  let turnAt = performance.now()
  for (let epoch = 1; epoch <= epochs && !stops(); epoch++) {
    // Signals and files get their turn.
    if (performance.now() - turnAt > TURN_MS) {
      await turn()
      turnAt = performance.now()
    }
    const boundary = await growth.run({ epochs: 1 })
    if (boundary === null) break
    shown?.add(boundary, { parts: growth.parts(), reports: growth.reports })
    if (shown !== null && boundaries.length < epoch) await delay(WATCHED_MS)
    const kept = runBoundary(boundary, growth.snapshot().fingerprint)
    const recorded = boundaries.at(epoch - 1)
    if (recorded === undefined) await each(boundary, kept)
    else if (JSON.stringify(recorded) !== JSON.stringify(kept)) return recorded
  }
  return null
}

export async function growCommand(flags: GrowFlags): Promise<ExitCode> {
  const { task, seed, epochs, json, quiet } = flags
  const name = `${task}, seed ${seed}`
  return refusing(async () => {
    const { growth, host } = newGrowth(task, seed)
    const folder = flags.state === null ? null : await openStateFolder(flags.state, host, Date.now())
    let log: RunLog | null = null
    const signals = new Stopping()
    // What a person asks for is not in the record, and a run that is kept must repeat.
    const steering = flags.state === null ? growth : null
    const blueprints = [...BLUEPRINTS, ...FAULTS].map((one) => one.name)
    const book = flags.studio
      ? new GrowthBook({ id: "grow", name, source: "live", steering, blueprints })
      : null
    let studio: Studio | null = null
    try {
      if (book !== null) studio = await studioOver(book)
      log =
        flags.state === null ? null : await RunLog.open(join(flags.state, RUN), { version: 1, task, seed })
      const record = log?.record ?? { inputs: null, boundaries: [], commands: [] }
      if (!quiet && record.boundaries.length > 0)
        note(
          record.boundaries.length > epochs
            ? `The record has ${record.boundaries.length} epochs; this repeats the first ${epochs}.`
            : `Repeating ${record.boundaries.length} epochs from the record, to go on from there.`,
        )
      const different = await follow(
        growth,
        epochs,
        record,
        async (boundary, kept) => {
          if (!quiet) for (const line of boundaryLines(boundary, epochs)) note(line)
          await log?.add(kept)
        },
        () => signals.came,
        book,
      )
      if (different !== null) throw differs(different)
      await keepReports(folder, growth)
      const { epoch, test, parameters, sockets, fingerprint } = growth.snapshot()
      const summary = { task, seed, epoch, test, parameters, sockets, fingerprint, reports: growth.reports }
      print(json ? plainJson(summary) : summaryText(summary))
      if (book === null || signals.came) return signals.came ? EXIT.interrupted : EXIT.ok
      book.end()
      note("The run is over. The studio stays open; press Ctrl-C to stop.")
      await signals.wait()
      return EXIT.ok
    } finally {
      signals.off()
      await studio?.stop()
      await log?.close()
      await folder?.close()
      await growth.stop()
    }
  })
}

/** Whether somebody has asked to stop. */
class Stopping {
  came = false
  private resolve = (): void => {}
  private readonly asked = new Promise<void>((resolve) => {
    this.resolve = resolve
  })
  private readonly signals = onSignals(() => {
    this.came = true
    this.resolve()
  })

  /** Holds the process, which a studio's server never does, until somebody asks. */
  async wait(): Promise<void> {
    const holding = setInterval(() => {}, 1 << 30)
    await this.asked
    clearInterval(holding)
  }

  off(): void {
    this.signals.off()
  }
}

async function studioOver(book: GrowthBook): Promise<Studio> {
  const studio = await openStudio({ engines: [], solvers: new Map(), growths: [book] })
  note(`The studio is at ${studio.url}`)
  return studio
}

async function keepReports(folder: StateFolder | null, growth: Growth): Promise<void> {
  if (folder === null) return
  for (const report of growth.reports) await folder.reports.append(report, Date.now())
}

export async function growShowCommand({ directory, json, studio }: ShowFlags): Promise<ExitCode> {
  return refusing(async () => {
    const record = recordIn(directory)
    if (studio) return showInStudio(directory, record)
    const reports = ReportLog.read(join(directory, REPORTS))
    print(json ? plainJson({ ...record, reports }) : recordText(record, reports))
    return EXIT.ok
  })
}

/** Repeats a run, since its record has hashes and no networks, and shows every boundary of it. */
async function showInStudio(directory: string, record: RunRecord): Promise<ExitCode> {
  const { inputs, boundaries } = record
  if (inputs === null) throw new CliFailure(`${directory} holds no run: its first record is missing.`)
  const { growth } = newGrowth(inputs.task as TaskName, inputs.seed)
  const name = `${inputs.task}, seed ${inputs.seed}`
  const book = new GrowthBook({ id: "grow", name, source: "recorded" })
  const signals = new Stopping()
  let studio: Studio | null = null
  try {
    const nothing = (): Promise<void> => Promise.resolve()
    const different = await follow(growth, boundaries.length, record, nothing, () => signals.came, book)
    if (different !== null) throw differs(different)
    book.end()
    studio = await studioOver(book)
    if (!signals.came) await signals.wait()
    return EXIT.ok
  } finally {
    signals.off()
    await studio?.stop()
    await growth.stop()
  }
}

export async function growReplayCommand({ directory, json }: RecordFlags): Promise<ExitCode> {
  return refusing(async () => {
    const record = recordIn(directory)
    const { inputs, boundaries } = record
    if (inputs === null) throw new CliFailure(`${directory} holds no run: its first record is missing.`)
    if (inputs.version !== 1)
      throw new CliFailure(`${directory} holds a run of createGrowth, whose rows are not here.`)
    const { growth } = newGrowth(inputs.task as TaskName, inputs.seed)
    const different = await follow(
      growth,
      boundaries.length,
      record,
      () => Promise.resolve(),
      () => false,
    )
    await growth.stop()
    const epoch = different?.epoch ?? null
    if (json) print(plainJson({ verdict: epoch === null ? "identical" : "different", epoch }))
    else if (epoch === null)
      print(`Identical: host, grafts and decisions of all ${boundaries.length} boundaries.`)
    else print(`Different from epoch ${epoch} on: the record was changed, or another version wrote it.`)
    return epoch === null ? EXIT.ok : EXIT.differs
  })
}

export async function growVerifyCommand({ directory, json }: RecordFlags): Promise<ExitCode> {
  if (!existsSync(join(directory, RUN))) throw holdsNone(directory)
  try {
    const { boundaries } = readRun(join(directory, RUN))
    verifyHost(directory)
    const problems = Checkpoints.problemsIn(directory)
    if (problems.length > 0) throw growthProblem("state", problems.join(" "), "Restore it from a copy.")
    const reports = ReportLog.read(join(directory, REPORTS)).length
    const torn = [RUN, REPORTS]
      .map((file) => ({ file, bytes: FrameLog.torn(join(directory, file)) }))
      .filter(({ bytes }) => bytes > 0)
    if (torn.length > 0) {
      const detail = torn
        .map(({ file, bytes }) => `the last ${bytes} bytes of ${file} are no whole record`)
        .join(", and ")
      print(
        json
          ? plainJson({ status: "torn", boundaries: boundaries.length, reports, detail })
          : `Torn: ${detail}. A kill cut them off, or they were changed. ${boundaries.length} boundaries and ${reports} reports are whole; the next run drops the rest and repeats it.`,
      )
      return EXIT.differs
    }
    print(
      json
        ? plainJson({ status: "whole", boundaries: boundaries.length, reports })
        : `Whole: ${boundaries.length} boundaries and ${reports} reports, each with its checksum and its place in the chain.`,
    )
    return EXIT.ok
  } catch (cause) {
    if (!(cause instanceof GrowthError)) throw cause
    const [{ message }] = cause.problems
    print(json ? plainJson({ status: "damaged", detail: message }) : `Damaged: ${message}`)
    return EXIT.differs
  }
}

function recordIn(directory: string): RunRecord {
  const path = join(directory, RUN)
  if (!existsSync(path)) throw holdsNone(directory)
  return readRun(path)
}

const holdsNone = (directory: string): CliFailure =>
  new CliFailure(`${directory} holds no run. Name the folder that "arqon grow --state" was given.`)

const differs = ({ epoch }: RunBoundary): CliFailure =>
  new CliFailure(
    `The run does not repeat its record at epoch ${epoch}: it was changed, or another version wrote it. Name another folder.`,
    EXIT.differs,
  )

/** What is refused has told its reasons; there is no stack to show. */
async function refusing(command: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await command()
  } catch (cause) {
    if (cause instanceof GrowthError)
      throw new CliFailure(
        cause.problems
          .map(({ path, message, suggestion = "" }) => `${path}: ${message} ${suggestion}`.trimEnd())
          .join("\n"),
      )
    throw cause
  }
}
