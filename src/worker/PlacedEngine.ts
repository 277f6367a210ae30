/**
 * An engine in a worker thread, with the calls of one in this thread. It owns the shared memory and, one after another, the
 * threads that write to it: when one dies, the plant goes to its baseline, what was lost is counted, and another thread takes
 * over, while the intensity of supervision allows. `createEngine` with `placement: "worker"` makes one.
 */
import type { ResourceLimits } from "node:worker_threads"
import { RING_FULL } from "../hot/codes.ts"
import type { ConfigReader } from "../hot/ConfigReader.ts"
import { resolveGuardrails } from "../control/guardrails.ts"
import { configOf, type EngineSettings } from "../domain/Config.ts"
import { AuditError, ConfigError, EngineFaultError, EngineStateError } from "../domain/errors.ts"
import { parseGuardrails } from "../domain/guardrailConfig.ts"
import { coarseKnobs } from "../domain/ParamSpace.ts"
import type { Resumption } from "../domain/Resumption.ts"
import { tripReason } from "../domain/words.ts"
import type { SteeringCommand } from "../engine/commands.ts"
import type { EngineObserver } from "../engine/contract/ArqonEngine.ts"
import type { EngineSnapshot } from "../engine/contract/EngineSnapshot.ts"
import { randomRunId } from "../engine/contract/Platform.ts"
import { requireListener, type Subscription } from "../engine/calls/Listeners.ts"
import { proofPairs, type StopOptions } from "../engine/contract/stopOptions.ts"
import { type DeathReason, Supervision } from "../engine/supervision/Supervision.ts"
import { startTimeError } from "../engine/contract/startTime.ts"
import type { RelayedInspection, WorkerState } from "../engine/contract/WorkerEngine.ts"
import { EngineThread } from "./EngineThread.ts"
import { WorkerSubscriptions } from "./WorkerSubscriptions.ts"
import { LiveValues } from "./LiveValues.ts"
import {
  type CallArgument,
  type CallName,
  receiveError,
  type Remains,
  type WorkerMessage,
} from "./protocol.ts"
import { placedSnapshot } from "./placedSnapshot.ts"
import { Reporter } from "./Reporter.ts"
import { secure } from "./secure.ts"
import {
  cellsOf,
  lanesOf,
  readerOf,
  RUNNING,
  share,
  type SharedEngine,
  SKIPPED,
  STATUS,
  STOPPED,
  TICK_US,
  wordsOf,
} from "./SharedEngine.ts"

export interface PlacedOptions {
  readonly inspect?: ((event: RelayedInspection) => void) | undefined
  /** Where the engine begins, where the disk says so. */
  readonly resume?: Resumption | null | undefined
  /** Of an engine that was not started: what there is to be seen. */
  readonly before: () => Remains
  /** First file of the thread: it makes a `WorkerHost` on a platform. */
  readonly entry: URL
  /** For tests: the thread's memory, and how long its silence may last. */
  readonly resourceLimits?: ResourceLimits
  readonly patienceMs?: number
}

/** A worker is hung after so long without a sign of life, or so many ticks where that is longer. */
const PATIENCE_MS = 2000
const PATIENCE_TICKS = 100
/** `stop` waits for a sink that takes its time, and then no longer. */
const STOP_MS = 10_000

const CHILD = "worker"

interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export class PlacedEngine {
  /** With the guardrails in force, so that a worker that takes over goes by them too. */
  settings: EngineSettings
  readonly handle: SharedEngine
  readonly live: LiveValues
  readonly reporter: Reporter
  readonly subscriptions: WorkerSubscriptions
  coarse: ReturnType<typeof coarseKnobs>
  status: WorkerState["status"] = "idle"
  private readonly options: PlacedOptions
  private readonly reader: ConfigReader
  private readonly words: Int32Array
  readonly supervision = new Supervision()
  private readonly firstRun: string
  private thread: EngineThread | null = null
  private starting: Waiting | null = null
  /** Why the start failed, until its thread has ended. */
  private failure: Error | null = null
  private stopping: { readonly done: Promise<void>; readonly waiting: Waiting } | null = null
  /** A stop that proves its base first is under way: the engine still accepts calls. */
  private proving = false
  private remains: Remains | null = null
  private runs = 0
  deaths = 0
  private lastDeath: string | null = null
  fault: string | null = null
  /** Where the next worker begins once a person has looked at it. */
  private resumption: Resumption | null = null
  lost = 0

  constructor(settings: EngineSettings, options: PlacedOptions) {
    const manual = settings.clock === "manual"
    this.settings = settings
    this.options = options
    this.firstRun = settings.runId ?? (manual ? `manual-${settings.seed}` : randomRunId())
    this.coarse = coarseKnobs(settings.space, resolveGuardrails(settings.guardrails).maxStep)
    this.handle = share(settings, options.resume ?? null)
    const lanes = lanesOf(this.handle)
    this.words = wordsOf(this.handle.state)
    this.reader = readerOf(this.handle)
    this.live = new LiveValues(this.reader, settings.space.names)
    this.reporter = new Reporter(this.handle, lanes, this.live)
    this.subscriptions = new WorkerSubscriptions(this.words, options.inspect, (relay) =>
      this.thread?.ask({ type: "relay", relay }),
    )
  }

  get runId(): string {
    return this.runs <= 1 ? this.firstRun : `${this.firstRun.slice(0, 56)}.${this.runs}`
  }

  get safeMode(): ReturnType<typeof tripReason> {
    return tripReason(this.reader.latch)
  }

  start(nowUs?: number): Promise<void> {
    if (this.status === "stopped") return refused("stopped", "start")
    if (this.status !== "idle") return refused("alreadyStarted", "start")
    const manual = this.settings.clock === "manual"
    const error = startTimeError(nowUs, manual, "engine")
    if (error !== null) return Promise.reject(error)
    if (manual && nowUs !== undefined) cellsOf(this.handle.state)[TICK_US] = nowUs
    this.status = "starting"
    return new Promise((resolve, reject) => {
      this.starting = { resolve, reject }
      this.spawn(this.resumption ?? this.options.resume ?? null)
    })
  }

  /**
   * Has the worker put the plant on its base and write out the audit; ends it. A second call is the first one, but that one without
   * `prove` does not wait for the proof of the first.
   */
  stop(options?: StopOptions): Promise<void> {
    const pairs = proofPairs(options)
    if (typeof pairs !== "number") return Promise.reject(pairs)
    if (this.stopping !== null) {
      if (this.proving && pairs === 0) this.endThread(0)
      return this.stopping.done
    }
    if (this.status === "stopped") return Promise.resolve()
    let waiting: Waiting = { resolve: () => {}, reject: () => {} }
    const promise = new Promise<void>((resolve, reject) => (waiting = { resolve, reject }))
    this.stopping = { done: promise, waiting }
    if (this.status === "running" && this.thread !== null) this.endThread(pairs)
    else if (this.thread !== null) void this.thread.end()
    else this.finish(null)
    return promise
  }

  /** Asks the thread to end; one that has no proof to wait for must do so in time. */
  private endThread(pairs: number): void {
    this.thread?.ask({ type: "stop", prove: pairs })
    this.proving = pairs > 0
    if (this.proving) return
    const timer = setTimeout(() => void this.thread?.end(), STOP_MS)
    const clear = (): void => clearTimeout(timer)
    void this.stopping?.done.then(clear, clear)
  }

  /** Has the worker's engine carry a command out, and waits for that. */
  send(command: SteeringCommand): void {
    this.reporter.expectRunning(command.type)
    if (command.type === "setGuardrails") return this.setGuardrails(command)
    if (command.type === "reset" && this.status === "frozen") return this.restart()
    this.call("send", command, command.type)
  }

  /** Checked here, where it need not be data that can be sent. */
  private setGuardrails(command: Extract<SteeringCommand, { readonly type: "setGuardrails" }>): void {
    const guardrails = parseGuardrails(command.guardrails)
    if (guardrails instanceof ConfigError) throw guardrails
    this.call("send", { ...command, guardrails }, command.type)
    this.settings = { ...this.settings, guardrails }
    this.coarse = coarseKnobs(this.settings.space, resolveGuardrails(guardrails).maxStep)
  }

  /** Synchronous: the thread waits for the answer, about a tenth of a millisecond. `asked` is what its errors call it. */
  call(name: CallName, argument?: CallArgument, asked: string = name): unknown {
    this.reporter.expectRunning(asked)
    const ending = this.stopping !== null && !this.proving
    if (this.thread === null || this.status !== "running") {
      const reason = ending ? "stopped" : this.status === "frozen" ? "frozen" : "restarting"
      throw new EngineStateError({ reason, call: asked })
    }
    try {
      return this.thread.call(name, asked, argument)
    } catch (error) {
      // A worker that ends because it was asked to is followed by no other.
      const gone = error instanceof EngineStateError && error.reason === "restarting"
      throw ending && gone ? new EngineStateError({ reason: "stopped", call: asked }) : error
    }
  }

  /** As `call` for what may be looked at in any state; null where there is no worker to ask. */
  look(name: CallName): unknown {
    if (this.thread === null || this.status !== "running" || (this.stopping !== null && !this.proving))
      return null
    try {
      return this.thread.call(name, name)
    } catch (error) {
      if (error instanceof EngineStateError) return null
      throw error
    }
  }

  /** In manual time what a digest leads to has happened when this returns. */
  observe(digest: unknown): boolean {
    const taken = this.reporter.observe(digest)
    return this.settings.clock === "manual" && taken ? this.call("drain") !== RING_FULL : taken
  }

  observeDigest(): number {
    const code = this.reporter.observeDigest()
    return this.settings.clock === "manual" && code !== RING_FULL ? (this.call("drain") as number) : code
  }

  track<T>(work: () => T): T {
    const manual = this.settings.clock === "manual"
    return this.reporter.track(work, manual ? () => void this.look("drain") : undefined)
  }

  subscribe(observer: EngineObserver<EngineSnapshot>): Subscription {
    requireListener(observer)
    const listening = this.subscriptions.subscribeSnapshots((snapshot) => observer.next?.(snapshot))
    const ended = this.subscriptions.whenOver((fault) =>
      fault === null ? observer.complete?.() : observer.error?.(fault),
    )
    return {
      unsubscribe: () => {
        listening.unsubscribe()
        ended.unsubscribe()
      },
    }
  }

  snapshot(): EngineSnapshot {
    return placedSnapshot(this, (this.look("snapshot") as EngineSnapshot | null) ?? this.old.snapshot)
  }

  /** What was last to be seen of an engine that cannot be asked. */
  get old(): Remains {
    this.remains ??= this.options.before()
    return this.remains
  }

  worker(): WorkerState {
    return {
      status: this.status,
      deaths: this.deaths,
      lastDeath: this.lastDeath,
      digestsLost: this.lost,
      skipped: Atomics.load(this.words, SKIPPED),
    }
  }

  private spawn(resume: Resumption | null): void {
    this.runs++
    const { tickUs } = this.settings
    const { entry, resourceLimits, patienceMs } = this.options
    this.thread = new EngineThread(
      {
        config: configOf(this.settings),
        runId: this.runId,
        resume,
        handle: this.handle,
        relay: this.subscriptions.relay,
      },
      {
        entry,
        ...(resourceLimits === undefined ? {} : { resourceLimits }),
        patienceMs: patienceMs ?? Math.max(PATIENCE_MS, (PATIENCE_TICKS * tickUs) / 1000),
      },
      { received: (message) => this.received(message), gone: (reason, detail) => this.gone(reason, detail) },
    )
  }

  private received(message: WorkerMessage): void {
    switch (message.type) {
      case "ready":
        this.status = "running"
        Atomics.store(this.words, STATUS, RUNNING)
        this.starting?.resolve()
        this.starting = null
        return
      case "failed":
        if (this.starting === null) this.lastDeath = message.error.message
        // A listener may start again: only after the thread has ended.
        else this.failure = receiveError(message.error)
        void this.thread?.end()
        return
      case "stopped":
        this.remains = message.remains
        this.finish(message.error === null ? null : receiveError(message.error))
        return
      case "fault":
        this.subscriptions.endings.notify(receiveError(message.error) as EngineFaultError)
        return
      case "snapshot":
        this.subscriptions.snapshot(placedSnapshot(this, message.snapshot))
        return
      default:
        this.subscriptions.other(message)
    }
  }

  /** The thread has ended, as it should or not. Nothing of it writes any more. */
  private gone(reason: DeathReason, detail: string): void {
    this.thread = null
    if (this.status === "stopped") return
    if (this.status === "starting") {
      // It may have begun all the same, and left the plant anywhere.
      const said = { run: this.runId, atUs: this.reporter.nowUs, detail: `worker: ${detail}` }
      if (this.live.current().generation > 1) this.resumption = secure(this.handle, this.settings, said)
      const { starting, failure, stopping } = this
      this.starting = this.failure = null
      this.status = "idle"
      const stopped = stopping && new EngineStateError({ reason: "stopped", call: "start" })
      starting?.reject(stopped ?? failure ?? new EngineFaultError({ detail: `worker: ${detail}` }))
      return stopping === null ? undefined : this.finish(null)
    }
    this.deaths++
    this.lastDeath = detail
    const nowUs = this.reporter.nowUs
    const said = `worker: ${detail}`
    const resumption = secure(this.handle, this.settings, { run: this.runId, atUs: nowUs, detail: said })
    this.lost += this.reporter.lanes.settleTaken()
    this.fault = said
    if (this.stopping !== null) {
      const unwritten = new AuditError({ reason: "close", sink: CHILD, detail: said })
      return this.finish(this.status === "running" ? unwritten : null)
    }
    const verdict = this.supervision.died({ child: CHILD, reason, detail: said }, nowUs)
    if (verdict === "restart") {
      this.status = "restarting"
      this.spawn(resumption)
    } else {
      this.status = "frozen"
      this.resumption = resumption
      this.subscriptions.endings.notify(new EngineFaultError({ detail: said }))
    }
    if (this.subscriptions.snapshots.size > 0)
      this.subscriptions.snapshots.notify(placedSnapshot(this, this.old.snapshot))
  }

  /** A person has looked at it: another worker, with all its restarts, and no latch that a death had left open. */
  private restart(): void {
    this.supervision.forgive()
    this.status = "restarting"
    const { resumption } = this
    this.spawn(resumption === null ? null : { ...resumption, safeMode: null })
  }

  private finish(error: Error | null): void {
    const { stopping, thread } = this
    this.status = "stopped"
    Atomics.store(this.words, STATUS, STOPPED)
    const settle = (): void => {
      if (error === null) stopping?.waiting.resolve()
      else stopping?.waiting.reject(error)
    }
    const last = placedSnapshot(this, this.old.snapshot)
    if (this.subscriptions.snapshots.size > 0) this.subscriptions.snapshots.notify(last)
    this.subscriptions.end()
    if (thread === null) settle()
    else void thread.end().then(settle)
  }
}

const refused = (reason: "stopped" | "alreadyStarted", call: string): Promise<never> =>
  Promise.reject(new EngineStateError({ reason, call }))
