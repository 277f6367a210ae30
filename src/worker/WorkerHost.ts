/**
 * The engine's side of a worker: the whole engine with its actors, clock, journal and audit, over the memory it was
 * given. It takes digests from the lanes, answers calls, and relays what someone listens to.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { MessagePort } from "node:worker_threads"
import { NOTHING_DUE } from "../hot/codes.ts"
import type { DigestLanes } from "../hot/DigestLanes.ts"
import { requireEngineConfig } from "../domain/Config.ts"
import { SAFE_MODE_EXITS } from "../domain/words.ts"
import { relocationParts } from "../engine/relocation/relocationParts.ts"
import { EngineCore } from "../engine/EngineCore.ts"
import type { EngineCoreOptions } from "../engine/engineParts.ts"
import { safeModeState } from "../engine/contract/EngineSnapshot.ts"
import { Platform, type PlatformService } from "../engine/contract/Platform.ts"
import type { SteeringCommand } from "../engine/commands.ts"
import { metricsPage } from "../engine/metrics/prometheus.ts"
import { type RunningEngine, runEngine } from "../engine/runEngine.ts"
import { type Answer, type Asked, type Boot, type Call, sendError, type WorkerMessage } from "./protocol.ts"
import { Relays } from "./Relays.ts"
import {
  BEAT,
  CALL,
  cellsOf,
  EMERGENCY_MARGIN,
  LATCH_DEADLINE,
  LATCH_EXIT,
  LATCH_SINCE,
  lanesOf,
  REPLY,
  sharedClock,
  TICK_US,
  wordsOf,
  writeRollbacks,
} from "./SharedEngine.ts"

/** Most digests taken before calls and timers get their turn. */
const BATCH = 4096
/** How often idle lanes are reclaimed. */
const RECLAIM_MS = 60_000

/** Atomics.waitAsync, which the compiler's library does not declare yet. */
const waitAsync = (
  Atomics as unknown as {
    readonly waitAsync: (
      array: Int32Array,
      index: number,
      value: number,
    ) => { readonly async: boolean; readonly value: Promise<string> | string }
  }
).waitAsync

/** For tests: faults to cause in this worker. */
export type Tampering = (core: EngineCore) => void

export class WorkerHost {
  private readonly core: EngineCore
  private readonly lanes: DigestLanes
  private readonly relays: Relays
  private readonly words: Int32Array
  private readonly cells: Float64Array
  private readonly calls: MessagePort
  private readonly port: MessagePort
  private readonly platform: PlatformService
  private readonly scope = Scope.makeUnsafe()
  private running: RunningEngine | null = null
  private timers: ReadonlyArray<NodeJS.Timeout> = []
  private lastCode = NOTHING_DUE
  private stopping = false
  private reason: string | null = null
  /** Number of Tier 1's rollbacks already written to the cells. */
  private rollbacksNoted = -1

  constructor(
    boot: Boot,
    port: MessagePort,
    platform: PlatformService,
    { machine, tamper }: { machine?: EngineCoreOptions["machine"]; tamper?: Tampering } = {},
  ) {
    const { handle, calls, resume } = boot
    const { clock } = handle
    this.words = wordsOf(handle.state)
    this.cells = cellsOf(handle.state)
    this.lanes = lanesOf(handle)
    this.calls = calls
    this.port = port
    this.platform = platform
    this.relays = new Relays((told) => port.postMessage(told), this.words)
    this.core = new EngineCore({
      settings: requireEngineConfig(boot.config),
      runId: boot.runId,
      readClock: clock === null ? null : sharedClock(clock),
      inspect: boot.relay.inspect ? (event) => this.relays.inspected(event) : undefined,
      machine,
      relocation: relocationParts,
      resume,
      shared: handle.config,
    })
    // The starter opened the latch when the previous worker died. What must stay open is part of the resumption.
    if (resume !== null) Atomics.store(this.core.hot.executor.latch, 0, 0)
    // In manual time the caller's thread was given the time, or an earlier worker had reached it.
    this.core.beginsAt(this.cells[TICK_US])
    this.relays.follow(this.core, boot.relay)
    tamper?.(this.core)
  }

  /** Starts the engine and reports that. A failed start is reported and ends the worker. */
  async begin(): Promise<void> {
    const { core } = this
    const { recover, ...others } = this.platform
    const platform = {
      ...others,
      // A replacement worker was told where to begin. It need not compare that with the journal.
      ...((core.resumption?.generation ?? null) === null && recover !== undefined ? { recover } : {}),
    }
    const begun = await Effect.runPromiseExit(
      runEngine(core, {}).pipe(Scope.provide(this.scope), Effect.provideService(Platform, platform)),
    )
    if (Exit.isFailure(begun)) {
      this.tell({ type: "failed", error: sendError(causeOf(begun)) })
      return this.close()
    }
    this.running = begun.value
    core.endings.add((fault) => {
      if (fault !== null) this.tell({ type: "fault", error: sendError(fault) })
    })
    this.calls.on("message", (call: Call) => this.answer(call))
    this.port.on("message", (asked: Asked) => {
      if (asked.type === "relay") this.relays.follow(core, asked.relay)
      else void this.stop(asked.prove)
    })
    this.timers = [
      setInterval(() => this.beat(), core.settings.tickUs / 1000),
      setInterval(() => this.lanes.reclaim(), RECLAIM_MS),
    ]
    this.beat()
    this.tell({ type: "ready" })
    void this.listen()
  }

  /** On every tick: shows that this thread is alive, and handles what the bell did not wake it for. */
  private beat(): void {
    Atomics.add(this.words, BEAT, 1)
    if (this.core.settings.clock !== "manual") this.drain()
    this.cells[TICK_US] = this.core.hot.nowUs
    this.noteLatch()
    this.relays.flush()
  }

  /** Sleeps until digests can have an effect, takes them, and repeats. */
  private async listen(): Promise<void> {
    // In manual time digests wait for the next call.
    if (this.core.settings.clock === "manual") return
    while (this.core.status === "running") {
      this.drain()
      if (this.lanes.size > 0 || !this.lanes.sleep(this.wanted)) {
        await new Promise((resolve) => setImmediate(resolve))
        continue
      }
      const waiting = waitAsync(this.lanes.bell, 0, this.lanes.bellAt)
      if (waiting.async) await waiting.value
    }
  }

  /** Fewer digests than this cannot close the window, and everything else can wait for the next tick. */
  private get wanted(): number {
    const { window } = this.core.hot
    const missing =
      window.closed || window.expired ? Number.POSITIVE_INFINITY : window.windowDigests - window.count
    return Math.max(1, Math.min(missing, this.lanes.capacity >> 1))
  }

  private drain(): void {
    const { core, lanes } = this
    if (core.status !== "running" || lanes.size === 0) return
    const { digest, nowCell } = core.hot
    if (core.settings.clock !== "manual") nowCell[0] = core.nowUs
    for (let i = 0; i < BATCH && lanes.take(digest); i++) {
      // A defect in here has already opened SafeMode when it becomes known. There is nobody else to report it to.
      const outcome = core.calls.outcome(() => core.observeDigest())
      lanes.done()
      this.lastCode = outcome.ok ? outcome.value : NOTHING_DUE
      if ((i & 255) === 255) core.settle()
    }
    core.settle()
    this.noteRollbacks()
  }

  private answer({ id, name, argument }: Call): void {
    const { words } = this
    // The caller may have given up and been told that nothing was done.
    if (Atomics.compareExchange(words, CALL, id, -id) !== id) return
    this.lastCode = NOTHING_DUE
    this.drain()
    const outcome = this.core.calls.outcome(() => this.perform(name, argument))
    this.cells[TICK_US] = this.core.hot.nowUs
    this.noteLatch()
    const answer: Answer = outcome.ok
      ? { id, ok: true, value: outcome.value }
      : { id, ok: false, error: sendError(outcome.error) }
    this.calls.postMessage(answer)
    Atomics.store(words, REPLY, id)
    Atomics.notify(words, REPLY)
  }

  private perform(name: Call["name"], argument: Call["argument"]): unknown {
    const { core } = this
    switch (name) {
      case "drain":
        return this.lastCode
      case "tick":
        return core.manualTick(argument as number)
      case "send":
        core.send(argument as SteeringCommand)
        this.cells[EMERGENCY_MARGIN] = core.hot.executor.policy.emergencyMargin
        return
      case "snapshot":
        return core.snapshot()
      case "records":
        return core.trail.records()
      case "auditState":
        return core.trail.state()
      case "metrics":
        return metricsPage(core)
    }
  }

  /** A second call without a proof cuts the first one short. The end is reported once. */
  private async stop(prove: number): Promise<void> {
    const { core, running } = this
    this.drain()
    const first = !this.stopping
    this.stopping = true
    const ended = await Effect.runPromiseExit(
      Effect.ensuring(running?.proveAndStop(prove) ?? Effect.void, Scope.close(this.scope, Exit.void)),
    )
    if (!first) return
    this.relays.flush()
    const remains = {
      snapshot: core.snapshot(),
      records: core.trail.records(),
      auditState: core.trail.state(),
      metrics: metricsPage(core),
    }
    this.tell({
      type: "stopped",
      error: Exit.isFailure(ended) ? sendError(causeOf(ended)) : null,
      remains,
    })
    this.close()
  }

  /** The state of the open latch beyond its word, for the next worker. */
  private noteLatch(): void {
    this.noteRollbacks()
    const state = safeModeState(this.core.actor, this.core.hot)
    const reason = state === null ? null : `${state.reason} ${state.sinceUs} ${state.deadlineUs}`
    if (reason === this.reason) return
    this.reason = reason
    this.cells[LATCH_SINCE] = state?.sinceUs ?? Number.NaN
    this.cells[LATCH_EXIT] = state === null ? Number.NaN : SAFE_MODE_EXITS.indexOf(state.exit)
    this.cells[LATCH_DEADLINE] = state?.deadlineUs ?? Number.NaN
  }

  /** The rollbacks of the hour, for the next worker. */
  private noteRollbacks(): void {
    const { executor } = this.core.hot
    if (executor.rollbacksCounted === this.rollbacksNoted) return
    this.rollbacksNoted = executor.rollbacksCounted
    writeRollbacks(this.cells, executor.rollbackTimes())
  }

  private tell(message: WorkerMessage): void {
    this.port.postMessage(message)
  }

  private close(): void {
    for (const timer of this.timers) clearInterval(timer)
    this.calls.close()
    this.port.close()
  }
}

/** The cause of a failed effect. */
function causeOf(exit: Exit.Failure<unknown, unknown>): unknown {
  const [reason] = exit.cause.reasons
  if (reason === undefined) return new Error("it was interrupted")
  return reason._tag === "Fail"
    ? reason.error
    : reason._tag === "Die"
      ? reason.defect
      : new Error("it was interrupted")
}
