/** `arqon grow`: a network that is too small for its task grows, with progress; its record is shown, repeated and checked. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { GrowthError, growthProblem } from "../domain/GrowthError.ts"
import { didYouMean } from "../domain/problems.ts"
import { BLUEPRINTS } from "../morph/blueprints/catalogue.ts"
import { FAULTS } from "../morph/blueprints/faults.ts"
import { CATALOGUE } from "../morph/blueprints/more/all.ts"
import { MORE_FAULTS } from "../morph/blueprints/moreFaults.ts"
import { type CompiledKernel, compileKernel } from "../morph/node/compileKernel.ts"
import { shapeOf } from "./shapeOf.ts"
import { neuralHost } from "../morph/neural/options.ts"
import { Checkpoints } from "../morph/node/Checkpoints.ts"
import { createGrowth, replayGrowth } from "../morph/node/createGrowth.ts"
import { FrameLog } from "../morph/node/FrameLog.ts"
import { PIPELINE, readPipelineRecord } from "../morph/node/PipelineLog.ts"
import { repeatsItself, replayPipeline } from "../morph/node/replayPipeline.ts"
import { storyOf } from "../morph/node/pipelineStory.ts"
import { readRun, RUN, type RunRecord } from "../morph/node/RunLog.ts"
import { ReportLog } from "../morph/node/ReportLog.ts"
import { REPORTS, verifyHost } from "../morph/node/stateFolder.ts"
import type { Growth, GrowthOptions } from "../morph/service/Growth.ts"
import { tasks } from "../morph/training/tasks.ts"
import type { Studio } from "../engine/contract/Studio.ts"
import { GrowthBook } from "../studio/server/GrowthBook.ts"
import { openStudio, type StudioShelf } from "../studio/server/openStudio.ts"
import { plainJson } from "../system/plainText.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { refusing } from "./growRefusal.ts"
import { boundaryLines, recordText, summaryText, whyText } from "./growText.ts"
import { note, print } from "./output.ts"
import { pipelinesIn } from "./pipelinesIn.ts"
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

interface CompileFlags {
  readonly blueprint: string
  readonly channels: number
  readonly rows: number
  readonly shape: string | null
  readonly mode: CompiledKernel["key"]["mode"]
  readonly show: boolean
  readonly json: boolean
}

interface WhyFlags extends RecordFlags {
  readonly socket: string | null
}

interface ShowFlags extends RecordFlags {
  readonly studio: boolean
}

/** What a run of the command is made from; another process makes the same of task and seed. */
function optionsOf(task: TaskName, seed: number): GrowthOptions {
  const data = tasks[task]({ seed })
  const { shape, classes, outputs } = data
  const size = classes > 0 ? { classes } : { outputs }
  return {
    host: neuralHost({ inputs: shape, hidden: [HIDDEN], ...size }),
    data,
    seed,
    // No time of this machine decides anything, so that a run can be repeated on any other.
    now: () => 0,
    stopwatch: () => performance.now(),
  }
}

export async function growCommand(flags: GrowFlags): Promise<ExitCode> {
  const { task, seed, epochs, state, json, quiet } = flags
  return refusing(async () => {
    const growth = createGrowth({ ...optionsOf(task, seed), ...(state === null ? {} : { state }) })
    const signals = new Stopping()
    let studio: Studio | null = null
    try {
      await growth.start()
      const before = growth.snapshot().epoch
      if (!quiet && before > 0)
        note(
          before >= epochs
            ? `The record has ${before} epochs, so there is nothing left to train. Give more --epochs to go on.`
            : `Going on from epoch ${before}.`,
        )
      const book = flags.studio && before < epochs ? liveBook(`${task}, seed ${seed}`, growth) : null
      if (book !== null) studio = await studioOver({ growths: [book] })
      let turnAt = performance.now()
      for (let epoch = before + 1; epoch <= epochs && !signals.came; epoch++) {
        const boundary = await growth.run({ epochs: 1 })
        if (boundary === null) break
        if (!quiet) for (const line of boundaryLines(boundary, epochs)) note(line)
        book?.add(boundary, { parts: growth.parts(), reports: growth.reports })
        // Signals and files get their turn.
        if (book === null && performance.now() - turnAt < TURN_MS) continue
        await delay(book === null ? 0 : WATCHED_MS)
        turnAt = performance.now()
      }
      const { epoch, test, parameters, sockets, fingerprint } = growth.snapshot()
      const summary = { task, seed, epoch, test, parameters, sockets, fingerprint, reports: growth.reports }
      book?.end()
      // The folder is free, and whole, while the studio still shows the run.
      await growth.stop()
      print(json ? plainJson(summary) : summaryText(summary))
      if (book === null || signals.came) return signals.came ? EXIT.interrupted : EXIT.ok
      note("The run is over. The studio stays open; press Ctrl-C to stop.")
      await signals.wait()
      return EXIT.ok
    } finally {
      signals.off()
      await studio?.stop()
      await growth.stop()
    }
  })
}

function liveBook(name: string, growth: Growth): GrowthBook {
  const blueprints = [...BLUEPRINTS, ...FAULTS, ...MORE_FAULTS].map((one) => one.name)
  return new GrowthBook({ id: "grow", name, source: "live", steering: growth, blueprints })
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

async function studioOver(shelf: Partial<StudioShelf>): Promise<Studio> {
  const studio = await openStudio({ engines: [], solvers: new Map(), ...shelf })
  note(`The studio is at ${studio.url}`)
  return studio
}

export async function growShowCommand({ directory, json, studio }: ShowFlags): Promise<ExitCode> {
  return refusing(async () => {
    if (studio && existsSync(join(directory, PIPELINE))) {
      const { pipelines, said } = pipelinesIn(directory)
      if (said !== null) note(said)
      return shownUntilStopped({ pipelines })
    }
    const record = recordIn(directory)
    if (studio) return showInStudio(directory, record)
    const reports = ReportLog.read(join(directory, REPORTS))
    print(json ? plainJson({ ...record, reports }) : recordText(record, reports))
    return EXIT.ok
  })
}

/** Repeats a run, since its record has hashes and no networks, and shows every boundary of it. */
async function showInStudio(directory: string, record: RunRecord): Promise<ExitCode> {
  const { task, seed, options } = begunWith(directory, record)
  const book = new GrowthBook({ id: "grow", name: `${task}, seed ${seed}`, source: "recorded" })
  const { differentFrom } = await replayGrowth(directory, options, (boundary, { parts, reports }) =>
    book.add(boundary, { parts, reports }),
  )
  if (differentFrom !== null)
    throw new CliFailure(
      `The run does not repeat its record at epoch ${differentFrom}: it was changed, or another version wrote it. Name another folder.`,
      EXIT.differs,
    )
  book.end()
  return shownUntilStopped({ growths: [book] })
}

async function shownUntilStopped(shelf: Partial<StudioShelf>): Promise<ExitCode> {
  const signals = new Stopping()
  let studio: Studio | null = null
  try {
    studio = await studioOver(shelf)
    await signals.wait()
    return EXIT.ok
  } finally {
    signals.off()
    await studio?.stop()
  }
}

export async function growReplayCommand({ directory, json }: RecordFlags): Promise<ExitCode> {
  return refusing(async () => {
    const { options } = begunWith(directory, recordIn(directory))
    const { boundaries, differentFrom: epoch } = await replayGrowth(directory, options)
    if (json) print(plainJson({ verdict: epoch === null ? "identical" : "different", epoch }))
    else if (epoch === null) print(`Identical: host, grafts and decisions of all ${boundaries} boundaries.`)
    else print(`Different from epoch ${epoch} on: the record was changed, or another version wrote it.`)
    return epoch === null ? EXIT.ok : EXIT.differs
  })
}

/** What a run was begun with. Rows are in no file: those of a task are made again. */
function begunWith(directory: string, { inputs }: RunRecord) {
  if (inputs === null) throw new CliFailure(`${directory} holds no run: its first record is missing.`)
  const { task, seed } = inputs
  if (!Object.hasOwn(tasks, task))
    throw new CliFailure(`${directory} holds a run of "${task}", whose rows are not here.`)
  return { task, seed, options: optionsOf(task as TaskName, seed) }
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
          : `Torn: ${detail}. A kill cut them off, or they were changed. ${boundaries.length} boundaries and ${reports} reports are whole; the next run drops the rest and trains it again.`,
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

/** What became of candidates in a service: in words, after every transition has been repeated from its figures. */
export async function growWhyCommand({ directory, socket, json }: WhyFlags): Promise<ExitCode> {
  return refusing(async () => {
    const { runs, torn, hash } = readPipelineRecord(directory)
    const known = [...new Set(runs.flatMap(({ inputs }) => inputs.sockets))]
    if (socket !== null && !known.includes(socket))
      throw growthProblem(
        "socket",
        `There is no socket ${JSON.stringify(socket)}.`,
        didYouMean(socket, known) ?? "Name another folder.",
      )
    const told = runs.map((run) => ({
      began: run.inputs,
      repeated: replayPipeline(run),
      stories: known
        .filter((name) => socket === null || name === socket)
        .map((name) => ({ socket: name, lines: storyOf(run, name) })),
    }))
    const isSame = told.every(({ repeated }) => repeatsItself(repeated))
    if (json) print(plainJson({ verdict: isSame ? "identical" : "different", torn, hash, runs: told }))
    else print(whyText(told, { torn, hash }))
    return isSame ? EXIT.ok : EXIT.differs
  })
}

/** Of a row's value: none of a flat one, 16 of a sequence, 8 by 8 of an image. */
const USUAL_PLACES: ReadonlyArray<ReadonlyArray<number>> = [[], [16], [8, 8]]

/** A blueprint as a verified module: its text, or what it came to. */
export async function growCompileCommand(flags: CompileFlags): Promise<ExitCode> {
  return refusing(async () => {
    const { channels, rows, mode, show, json } = flags
    const known = CATALOGUE.find(({ name }) => name === flags.blueprint)
    if (known === undefined) {
      const names = CATALOGUE.map(({ name }) => name)
      throw growthProblem(
        "blueprint",
        `There is no blueprint ${JSON.stringify(flags.blueprint)}.`,
        didYouMean(flags.blueprint, names) ?? `Use one of ${names.join(", ")}.`,
      )
    }
    const usual = [rows, ...USUAL_PLACES[(known.axes ?? 1) - 1], channels]
    const shape = flags.shape === null ? usual : shapeOf(flags.shape)
    const compiled = await compileKernel(known, shape, {}, { mode })
    const { text, bytes, fused, tile, p50Us, p95Us } = compiled
    const { worst } = compiled.verification
    if (json)
      print(
        plainJson({
          blueprint: known.name,
          shape,
          mode,
          bytes: bytes.length,
          fused,
          tile,
          worst,
          p50Us,
          p95Us,
          text,
        }),
      )
    else if (show) print(text)
    else
      print(
        `${known.name} for ${JSON.stringify(shape)}: ${bytes.length} bytes, ${fused} fused, tiles of ${tile.rows} rows by ${4 * tile.vectors}, at most ${worst.toExponential(1)} from the reference.`,
      )
    return EXIT.ok
  })
}

function recordIn(directory: string): RunRecord {
  const path = join(directory, RUN)
  if (!existsSync(path)) throw holdsNone(directory)
  return readRun(path)
}

const holdsNone = (directory: string): CliFailure =>
  new CliFailure(
    existsSync(join(directory, PIPELINE))
      ? `${directory} holds a growing service, not a run. "arqon grow why ${directory}" tells and checks its record.`
      : `${directory} holds no run. Name the folder that "arqon grow --state" was given.`,
  )
