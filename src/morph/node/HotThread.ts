/**
 * A growing host that trains in a thread of its own. A thread that does not answer in time, or dies, is ended, and another one goes on over
 * the same memory from the last good boundary: every answer brought where the host stood. The caller's own thread never hangs with it.
 *
 * Each replacement is told, and raises the alarm in the emergency word: the host goes on degraded, then conservative, and after three
 * replacements within a minute it is halted until a person resets it. Where a thread hangs twice in one place, what is planted is culled.
 */
import { type ResourceLimits, Worker } from "node:worker_threads"
import { deserialize, serialize } from "node:v8"
import { type DeathReason, Supervision } from "../../engine/supervision/Supervision.ts"
import { GrowthError, growthProblem } from "../../domain/GrowthError.ts"
import { threadFlags } from "../../system/threadFlags.ts"
import type { GrowthBoundary } from "../growth/GrowthBoundary.ts"
import type { GrowthCore } from "../growth/GrowthCore.ts"
import { REPORTS_KEPT } from "../growth/GrowthCore.ts"
import type { PersonCommand } from "../growth/PersonCommand.ts"
import type { PartView } from "../growth/partViews.ts"
import { coreStanding, type CoreStanding } from "../growth/standing.ts"
import type { Score } from "../neural/scores.ts"
import type { PolicySource } from "../policy/PolicyAnswer.ts"
import type { GrowthReport } from "../policy/reports.ts"
import { coreFrom } from "../service/coreFrom.ts"
import { type Driver, type DriverView, viewOf } from "../service/Driver.ts"
import type { GrowthOptions } from "../service/Growth.ts"
import type { GrowthFeed } from "../service/GrowthFeed.ts"
import type { CoreMaker } from "../service/Keeper.ts"
import type { GrowthKeeper } from "./GrowthKeeper.ts"
import { linkTo } from "./kernels/desks.ts"
import type { KernelSupply } from "./kernels/KernelSupply.ts"
import {
  type HotAnswer,
  type HotAnswered,
  type HotBoot,
  type HotQuestion,
  loadBlueprints,
  type SentOptions,
} from "./hotMessages.ts"

const HANG_MS = 10_000
/** A thread loads its code first, which has nothing to do with how long an epoch takes. */
const START_MS = 10_000
const CHILD = "hotThread"
const LIMITS: ResourceLimits = { maxOldGenerationSizeMb: 1024 }

const ENTRY = new URL(import.meta.url.endsWith(".ts") ? "./hotWorker.ts" : "./hotWorker.js", import.meta.url)

type Result = GrowthBoundary | number | null

/** What was asked of the thread and is not answered yet, the oldest first. */
interface Waiting {
  readonly id: number
  /** Null: the next boundary. Undefined: its start. */
  readonly command: PersonCommand | null | undefined
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** The folder of a run, and the policy that is asked where what its record has behind the last checkpoint is repeated. */
export interface KeptRun {
  readonly keeper: GrowthKeeper
  readonly policy: PolicySource | null
}

/** Makes a core again where a blueprint needs a module's code. */
export type MakeMaker = (options: GrowthOptions) => CoreMaker

export class HotThread implements Driver {
  private readonly options: GrowthOptions
  private readonly makeMaker: MakeMaker
  private readonly feed: GrowthFeed
  private readonly kept: KeptRun | null
  private readonly supply: KernelSupply | null
  private readonly hangMs: number
  private readonly supervision = new Supervision()
  private readonly answered = new Int32Array(new SharedArrayBuffer(4))
  /** At the beginning: its memory is the one that all threads have, its options are checked, and it trains nothing. */
  private readonly first: GrowthCore
  private maker: CoreMaker
  private worker: Worker | null = null
  private timer: NodeJS.Timeout | null = null
  private waiting: ReadonlyArray<Waiting> = []
  private asked = 0
  private state: {
    readonly view: DriverView
    readonly parts: ReadonlyArray<PartView>
    readonly standing: Uint8Array | null
  }
  private filed: ReadonlyArray<GrowthReport> = []
  /** The host as it stood at the last answer, for questions asked in this thread. */
  private mirror: GrowthCore | null = null
  private hungAt = -1
  /** What is planted is culled as the thread starts. */
  private culls = false
  private closed = false

  /**
   * @param kept keeps the run in a folder, in this thread: it lives on whatever becomes of the other
   * @param supply has the kernels for its grafts, where these are compiled
   */
  constructor(
    options: GrowthOptions,
    makeMaker: MakeMaker,
    feed: GrowthFeed,
    kept: KeptRun | null,
    supply: KernelSupply | null = null,
  ) {
    this.options = options
    this.makeMaker = makeMaker
    this.feed = feed
    this.supply = supply
    this.kept = kept
    this.hangMs = options.hangMs ?? HANG_MS
    this.maker = makeMaker({ ...options, blueprints: [] })
    this.first = this.maker.make({ now: () => 0, policy: null, memory: { shared: true } })
    this.state = { view: viewOf(this.first), parts: this.first.parts, standing: null }
  }

  async open(): Promise<void> {
    const { blueprints } = this.options
    if (blueprints instanceof URL)
      this.maker = this.makeMaker({ ...this.options, blueprints: await loaded(blueprints) })
    await this.goOn()
    try {
      await this.start(false)
    } catch (error) {
      await this.kept?.keeper.close()
      throw error
    }
  }

  /** A run that is kept goes on from its folder: what its record has behind the last checkpoint is repeated in this thread. */
  private async goOn(): Promise<void> {
    const { kept, maker } = this
    if (kept === null) return
    const { keeper, policy } = kept
    const core = await keeper.open(maker, { now: () => performance.now(), policy })
    const standing = serialize(coreStanding(core))
    this.state = { view: viewOf(core), parts: core.parts, standing }
    keeper.follow(() => ({
      epoch: this.state.view.epoch,
      isWhole: this.state.standing !== null,
      standing: () => deserialize(this.state.standing as Uint8Array) as CoreStanding,
    }))
  }

  async next(): Promise<GrowthBoundary> {
    return (await this.ask(null)) as GrowthBoundary
  }

  async command(asked: PersonCommand): Promise<number> {
    if (asked.type === "reset") this.supervision.forgive()
    return (await this.ask(asked)) as number
  }

  get view(): DriverView {
    return this.state.view
  }

  get parts(): ReadonlyArray<PartView> {
    return this.state.parts
  }

  get reports(): ReadonlyArray<GrowthReport> {
    return [...(this.kept?.keeper.reports ?? []), ...this.filed]
  }

  get test(): Score | null {
    return this.here.host.testScore()
  }

  predict(rows: Float32Array): Float32Array {
    return this.here.host.predict(rows)
  }

  async close(): Promise<void> {
    this.closed = true
    this.giveUp(growthProblem("stop", "The growing host has been stopped.", "Create another one."))
    await this.end()
    await this.kept?.keeper.close()
  }

  private get here(): GrowthCore {
    const { standing } = this.state
    if (standing === null) return this.first
    this.mirror ??= mirrorOf(this.maker, standing)
    return this.mirror
  }

  private ask(command: PersonCommand | null): Promise<Result> {
    return new Promise((resolve, reject) => {
      const id = ++this.asked
      this.waiting = [...this.waiting, { id, command, resolve, reject }]
      this.worker?.postMessage({ id, command } satisfies HotQuestion)
      this.watch()
    })
  }

  /** Starts a thread where the last one stood, and asks it what the last one owes. */
  private start(cull: boolean): Promise<Result> {
    const worker = new Worker(ENTRY, { name: "arqon hot", resourceLimits: LIMITS, ...threadFlags() })
    this.worker = worker
    const owed = this.waiting
    const started = new Promise<Result>((resolve, reject) => {
      this.waiting = [{ id: 0, command: undefined, resolve, reject }, ...owed]
    })
    let why = "its thread ended"
    worker.on("message", (answer: HotAnswer) => this.take(worker, answer))
    worker.on("error", (cause) => (why = `its thread failed: ${String(cause)}`))
    worker.on("exit", () => void this.replace(worker, why, "ended"))
    const { standing } = this.state
    const { memory } = this.first.host.arena
    const kernels = this.supply === null ? null : linkTo(this.supply)
    const boot: HotBoot = {
      options: sent(this.options),
      memory,
      standing,
      cull,
      answered: this.answered,
      hangMs: this.hangMs,
      isKept: this.kept !== null,
      kernels,
    }
    worker.postMessage(boot, kernels === null ? [] : [kernels.port])
    this.culls = cull
    for (const { id, command = null } of owed) worker.postMessage({ id, command } satisfies HotQuestion)
    this.watch()
    return started
  }

  private take(worker: Worker, answer: HotAnswer): void {
    const [oldest, ...others] = this.waiting
    if (this.worker !== worker || oldest === undefined || oldest.id !== answer.id) return
    if ("failed" in answer) return void this.replace(worker, answer.failed, "threw")
    this.waiting = others
    const { state } = answer
    if (state !== null) {
      this.state = state
      this.mirror = null
      this.filed = [...this.filed, ...state.reports].slice(-REPORTS_KEPT)
    }
    void this.settle(oldest, answer)
    this.watch()
  }

  /** Answers who asked, once what is to be kept of it is on its way to the disk, or on it for a command. */
  private async settle({ command, resolve, reject }: Waiting, answer: HotAnswered): Promise<void> {
    try {
      const refusal = "problems" in answer ? new GrowthError({ problems: answer.problems }) : null
      await this.keep(command, answer, refusal)
      if (refusal !== null) reject(refusal)
      else if ("result" in answer) resolve(answer.result)
    } catch (error) {
      reject(error)
    }
  }

  private async keep(
    command: Waiting["command"],
    { heard, boundary, state, ...answer }: HotAnswered,
    refusal: GrowthError | null,
  ): Promise<void> {
    const keeper = this.kept?.keeper
    if (keeper === undefined) return
    for (const report of state?.reports ?? []) keeper.filed(report)
    if (boundary !== null && "result" in answer) {
      const { rolledBackTo, loss } = answer.result as GrowthBoundary
      return keeper.record(boundary, rolledBackTo === null && Number.isFinite(loss))
    }
    const between = { after: this.state.view.epoch, refused: refusal?.message ?? null, ...heard }
    if (command === undefined) {
      if (this.culls) await keeper.note({ ...between, command: null, culled: true })
    } else if (command !== null) await keeper.note({ ...between, command })
    // An epoch that was refused has heard why.
    else if (heard.alarm !== undefined) await keeper.note({ ...between, command, refused: null })
  }

  /** Gives the oldest question its time. A process that has nothing else to do must be able to end. */
  private watch(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
    const { worker, waiting } = this
    if (worker === null) return
    if (waiting.length === 0) return worker.unref()
    worker.ref()
    const taken = Atomics.load(this.answered, 0)
    const isStart = waiting[0].command === undefined
    const patienceMs = isStart ? Math.max(START_MS, this.hangMs) : this.hangMs
    this.timer = setTimeout(() => {
      // This thread may have been busy itself: what is answered is on its way.
      if (Atomics.load(this.answered, 0) !== taken) this.watch()
      else void this.replace(worker, `it has not answered for ${patienceMs} ms`, "hung")
    }, patienceMs)
  }

  /** Ends a thread that is of no use, and starts another one over the same memory. */
  private async replace(worker: Worker, why: string, reason: DeathReason): Promise<void> {
    if (this.closed || this.worker !== worker) return
    const { epoch } = this.state.view
    await this.end()
    if (this.closed) return
    const verdict = this.supervision.died({ child: CHILD, reason, detail: why }, performance.now() * 1000)
    const isSecond = this.hungAt === epoch
    this.hungAt = epoch
    const level = isSecond ? "conservative" : "elevated"
    this.first.emergency.raise(verdict === "restart" ? level : "halt", "hotHung", epoch)
    const [culprit] = this.waiting
    // Its start comes again with the next thread; a command is not tried twice, because it may be what hangs.
    if (culprit?.command === undefined) this.waiting = this.waiting.slice(1)
    else if (culprit.command !== null) {
      const { command, reject } = culprit
      this.waiting = this.waiting.slice(1)
      const refusal = growthProblem(
        command.type,
        `The thread was ended while it carried this out: ${why}.`,
        "Ask for something else.",
      )
      await this.kept?.keeper.note({ after: epoch, command, refused: refusal.message, clock: [] })
      reject(refusal)
    }
    this.feed.counts.replacements++
    this.feed.tell({ type: "replaced", after: epoch, why })
    if (culprit?.command === undefined && verdict === "escalate") {
      const gone = growthProblem(
        "run",
        `No thread starts any more: ${why}.`,
        "Stop it, and create another one.",
      )
      culprit?.reject(gone)
      return this.giveUp(gone)
    }
    const started = this.start(isSecond)
    if (culprit !== undefined && culprit.command === undefined) started.then(culprit.resolve, culprit.reject)
    else started.catch((error: unknown) => this.giveUp(error))
  }

  private giveUp(error: unknown): void {
    const { waiting } = this
    this.waiting = []
    for (const { reject } of waiting) reject(error)
    this.watch()
  }

  private async end(): Promise<void> {
    const { worker } = this
    this.worker = null
    if (this.timer !== null) clearTimeout(this.timer)
    await worker?.terminate()
  }
}

function mirrorOf(maker: CoreMaker, bytes: Uint8Array): GrowthCore {
  return coreFrom(maker, { now: () => 0, policy: null }, deserialize(bytes) as CoreStanding)
}

/** Blueprints of a caller's own. Rejects with a `GrowthError` where their module cannot be loaded. */
export async function loaded(module: URL) {
  try {
    return await loadBlueprints(module.href)
  } catch (cause) {
    throw growthProblem(
      "blueprints",
      `${module.href} cannot be loaded: ${String(cause)}.`,
      "Give the URL of a module.",
    )
  }
}

/** What can be sent to a thread. */
function sent({
  policy,
  blueprints,
  training,
  hangMs,
  state,
  compile,
  ...plain
}: GrowthOptions): SentOptions {
  void [training, hangMs, state, compile]
  return {
    ...plain,
    policy: policy === undefined ? null : policy instanceof URL ? { module: policy.href } : policy,
    blueprints: blueprints instanceof URL ? blueprints.href : null,
  }
}
