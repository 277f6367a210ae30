/**
 * The actors of an engine as one tree that can be grown again: the engine's machine with the hot-path actor, the latch,
 * the cycle and telemetry under it. When the root is gone, a new one takes its place around the same hot path, with the
 * latch as it stood and the cycle's learned state, by the same way that carries an engine over a restart.
 */
import type { Actor, AnyActorRef, InspectionEvent, Observer, Snapshot, SnapshotFrom } from "xstate"
import type { HotPath } from "../hot/HotPath.ts"
import { completeWhen } from "./interop/completeWhen.ts"
import { observableLogic } from "./interop/observableLogic.ts"
import { createRootActor } from "./interop/rootActor.ts"
import { inspectLater, type Later, notifyLater } from "./interop/notifyLater.ts"
import type { dueOf } from "../telemetry/dueOf.ts"
import { type CycleMemory, cycleMemory } from "../../machines/cycleContext.ts"
import { deferredLogic } from "../../machines/deferredLogic.ts"
import { engineMachine } from "../../machines/engine.machine.ts"
import type { EngineInput, FaultyChild } from "../../machines/engineContext.ts"
import type { relocationMachine } from "../../machines/relocation.machine.ts"
import { safeModeMachine } from "../../machines/safeMode.machine.ts"
import { spsaCycleMachine } from "../../machines/spsaCycle.machine.ts"
import type { VariantChosenEvent } from "../../machines/relocationEvents.ts"
import { dueEvent } from "../../machines/telemetry.ts"
import { Listeners } from "./calls/Listeners.ts"
import { errorText } from "./calls/outcome.ts"
import type { Death } from "./supervision/Supervision.ts"

type EngineMachine = typeof engineMachine
type CycleSnapshot = SnapshotFrom<typeof spsaCycleMachine>
type LatchSnapshot = SnapshotFrom<typeof safeModeMachine>

export interface ActorTreeOptions {
  readonly hot: HotPath
  readonly input: EngineInput
  readonly due: ReturnType<typeof dueOf>
  readonly inspect: Observer<InspectionEvent> | undefined
  /** The engine's machine, with actors of one's own in it. */
  readonly machine?: EngineMachine | undefined
  /** Who takes the base elsewhere; asked for when it is spawned and not before. */
  readonly relocation: () => typeof relocationMachine | undefined
  /** After every event of the root. */
  readonly onEvent: () => void
  /** Holds calls to listeners of the actors until the engine is at rest. */
  readonly later: Later
  /** The root may come to its end by itself: a stop was asked for. */
  readonly mayEnd: () => boolean
  /** The root is gone. */
  readonly onDeath: (death: Death) => void
  /** Another variant is live: called in the midst of an event. */
  readonly onVariant: (event: VariantChosenEvent) => void
}

/** A persisted actor among the children of another. */
interface Kept {
  readonly snapshot: { readonly [key: string]: unknown }
}

interface KeptTree {
  readonly context: object
  readonly children: Readonly<Record<string, Kept>>
}

export class ActorTree {
  root: Actor<EngineMachine>
  /** How many things became due so far, and how many of them telemetry has passed on. */
  readonly beats = { due: 0, answered: 0 }
  private readonly options: ActorTreeOptions
  private readonly machine: EngineMachine
  /** Lets the telemetry of a dead root go: nobody else would. */
  private readonly gates = new Listeners<void>()
  /** The latest snapshots of actors that were whole. They are values, so keeping them costs nothing. */
  private whole: SnapshotFrom<EngineMachine> | null = null
  private latch: LatchSnapshot | null = null
  private cycle: CycleSnapshot | null = null
  /** The number of the last proposal: one whose state is no state any more has made some too. */
  private lastId = 0
  private fault: FaultyChild | null = null
  /** The root that was stopped on purpose. */
  private gone: Actor<EngineMachine> | null = null

  constructor(options: ActorTreeOptions) {
    this.options = options
    const { due, relocation } = options
    this.machine = (options.machine ?? engineMachine).provide({
      actors: {
        relocation: relocation() ?? deferredLogic(() => given(relocation())),
        telemetry: observableLogic(
          completeWhen(due, (done) => this.gates.add(done)),
          ({ code, nowUs, window }) => {
            this.beats.answered++
            return dueEvent(code, nowUs, window)
          },
        ),
      },
    })
    this.root = this.make()
  }

  get alive(): boolean {
    return this.root.getSnapshot().status === "active"
  }

  /** SafeMode is open by the latch, as of the last time that was whole. */
  get latched(): boolean {
    return this.latch !== null && this.latch.context.reason !== null
  }

  /** What the cycle has learned, as of the last time its state was sound. */
  get memory(): CycleMemory | null {
    const memory = this.cycle === null ? null : cycleMemory(this.cycle.context)
    return memory === null ? null : { ...memory, lastId: Math.max(memory.lastId, this.lastId) }
  }

  /** After an event of the root: keeps what is whole, and tells of a child that is not. */
  look(): Death | null {
    const snapshot = this.root.getSnapshot()
    if (snapshot.status !== "active") return null
    if (snapshot.children !== this.whole?.children) this.tellChildrenLater(this.root)
    this.whole = snapshot
    const { latch, cycle } = snapshot.children
    const latchNow = latch?.getSnapshot()
    if (latchNow?.status === "active") this.latch = latchNow
    const { fault } = snapshot.context
    const before = this.fault
    this.fault = fault
    if (fault === null && before !== null) this.beats.answered = this.beats.due
    if (fault !== null && before === null) return deathOf(fault, snapshot.children[fault])
    const cycleNow = cycle?.getSnapshot()
    if (fault !== null || cycleNow?.status !== "active" || cycleNow === this.cycle) return null
    const { block, lastId } = cycleNow.context
    this.lastId = lastId
    if (block !== this.cycle?.context.block && !isFinite(block)) {
      return {
        child: "cycle",
        reason: "badState",
        detail: "cycle: its state holds values that are not numbers",
      }
    }
    this.cycle = cycleNow
    return null
  }

  /**
   * Puts a new root in the place of one that is gone, as if a process had been started anew around the same hot path.
   * False when there is nothing to begin with. SafeMode is as the latch had it; Tier 1's latch word is left to the caller.
   */
  regrow(): boolean {
    const data = this.remembered()
    if (data === null) return false
    this.letGo()
    this.fault = null
    this.beats.answered = this.beats.due
    this.root = this.make(data)
    this.root.start()
    return this.alive
  }

  /** Ends the root without anybody being told. */
  stop(): void {
    const { root } = this
    this.letGo()
    this.gone = root
    root.stop()
  }

  private letGo(): void {
    this.gates.notify()
    this.gates.clear()
  }

  private make(data: Snapshot<unknown> | null = null): Actor<EngineMachine> {
    const { input, inspect, onEvent } = this.options
    const died = (death: Death): void => {
      this.letGo()
      this.options.onDeath(death)
    }
    const root = createRootActor(
      this.machine,
      {
        input,
        ...(inspect === undefined ? {} : { inspect }),
        ...(data === null ? {} : { snapshot: data }),
      },
      (error) => died(this.deathOfRoot(root, error)),
    )
    root.on("variantChosen", this.options.onVariant)
    root.subscribe({
      next: onEvent,
      error: () => {},
      complete: () => {
        if (this.gone !== root && !this.options.mayEnd()) died(this.deathOfRoot(root, null))
      },
    })
    notifyLater(root, this.options.later)
    inspectLater(root, this.options.later, inspect !== undefined)
    this.tellChildrenLater(root)
    return root
  }

  private tellChildrenLater(root: Actor<EngineMachine>): void {
    const { children } = root.getSnapshot()
    for (const child of Object.values(children))
      if (child !== undefined) notifyLater(child, this.options.later)
  }

  /** The root goes with any child it cannot be without; that child is the one that died. */
  private deathOfRoot(root: Actor<EngineMachine>, error: unknown): Death {
    const children: Readonly<Record<string, AnyActorRef | undefined>> =
      this.whole?.children ?? root.getSnapshot().children
    const child = (["hotPath", "latch"] as const).find(
      (name) => children[name]?.getSnapshot().status === "error",
    )
    if (child !== undefined) return deathOf(child, children[child])
    return {
      child: "engine",
      reason: error === null ? "ended" : "threw",
      detail: `engine: ${errorText(error)}`,
    }
  }

  /** The whole tree as data, every actor alive, the cycle waiting to be told where the plant stands. */
  private remembered(): Snapshot<unknown> | null {
    const { whole, latch, cycle } = this
    if (whole === null || latch === null || cycle === null) return null
    const root = this.machine.getPersistedSnapshot(whole) as Snapshot<unknown> & KeptTree
    const { children } = root
    const alive = { status: "active", error: undefined, output: undefined }
    const made: Record<string, unknown> = {}
    for (const [name, kept] of Object.entries(children)) {
      // A proof is over where the plant was put elsewhere.
      if (name === "proof") continue
      made[name] = { ...kept, snapshot: { ...kept.snapshot, ...alive } }
    }
    const latchData = safeModeMachine.getPersistedSnapshot(latch)
    const cycleData = spsaCycleMachine.getPersistedSnapshot(cycle)
    const data = {
      ...root,
      ...alive,
      value: { running: latch.context.reason === null ? "adapting" : "safe" },
      context: { ...root.context, fault: null },
      children: {
        ...made,
        latch: { ...children["latch"], snapshot: latchData },
        cycle: { ...children["cycle"], snapshot: { ...cycleData, ...alive, value: "frozen" } },
      },
    }
    if (children["cycle"] === undefined || children["telemetry"] === undefined) return null
    return data as Snapshot<unknown>
  }
}

/** A loop: a builtin that is handed doubles has every one of them allocated. */
function isFinite(block: Float64Array): boolean {
  for (let i = 0; i < block.length; i++) if (!Number.isFinite(block[i])) return false
  return true
}

function given<T>(part: T | undefined): T {
  if (part === undefined) throw new TypeError("the engine started without the part that relocations need")
  return part
}

function deathOf(child: string, actor: AnyActorRef | undefined): Death {
  const { error } = (actor?.getSnapshot() ?? {}) as { readonly error?: unknown }
  return error === undefined
    ? { child, reason: "threw", detail: `${child}: it failed` }
    : { child, reason: "threw", detail: `${child}: ${errorText(error)}` }
}
