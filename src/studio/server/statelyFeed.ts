/**
 * An engine's statecharts in the words of `@statelyai/inspect`, so that Stately's own viewer shows them: three JSON events, for
 * actors, events and snapshots. Contexts are small plain data, and so many messages a second are sent and no more.
 */
import type { InspectionEvent, Subscription } from "xstate"
import type { EngineCore } from "../../engine/EngineCore.ts"
import { type Looked, pathOf } from "./actorStates.ts"
import { machineConfigs } from "./machineDefinitions.ts"
import { CONTEXT_LIMITS, EVENT_LIMITS, plain } from "./plain.ts"

/** The version of `@statelyai/inspect` whose events these are. */
const VERSION = "0.7.2"
const MOST_A_SECOND = 300

interface Chart extends Looked {
  readonly logic?: { readonly id?: string }
}

interface AnySnapshot {
  readonly status?: string
  readonly value?: unknown
  readonly context?: unknown
  readonly children?: Readonly<Record<string, Chart | undefined>>
}

export class StatelyFeed {
  /** Messages that were more than so many a second. */
  skipped = 0
  private readonly core: EngineCore
  private readonly send: (message: string) => void
  private readonly definitions = new Map(
    machineConfigs().map((config) => [config.id, JSON.stringify(config)]),
  )
  private root: unknown = null
  private subscription: Subscription | null = null
  private readonly ending: { readonly unsubscribe: () => void }
  private secondMs = 0
  private sent = 0

  /** Begins at once with every actor there is. */
  constructor(core: EngineCore, send: (message: string) => void) {
    this.core = core
    this.send = send
    this.attach()
    // A root that takes the place of another shows itself with the next state.
    this.ending = core.snapshots.add(() => this.attach())
  }

  stop(): void {
    this.ending.unsubscribe()
    this.subscription?.unsubscribe()
    this.subscription = null
  }

  private attach(): void {
    const { actor } = this.core
    if (this.root === actor) return
    this.root = actor
    this.subscription?.unsubscribe()
    this.subscription = actor.system.inspect((event: InspectionEvent) => this.pass(event))
    this.introduce(actor)
  }

  private introduce(actor: Chart): void {
    this.write(this.actor(actor))
    const { children = {} } = (actor.getSnapshot() ?? {}) as AnySnapshot
    for (const child of Object.values(children)) if (child !== undefined) this.introduce(child)
  }

  private pass(event: InspectionEvent): void {
    if (!["@xstate.actor", "@xstate.event", "@xstate.snapshot"].includes(event.type)) return
    const now = performance.now()
    if (now - this.secondMs >= 1000) {
      this.secondMs = now
      this.sent = 0
    }
    if (this.sent++ >= MOST_A_SECOND) {
      this.skipped++
      return
    }
    if (event.type === "@xstate.actor") this.write(this.actor(event.actorRef))
    else if (event.type === "@xstate.event") {
      this.write({
        type: event.type,
        event: plain(shortOf(event.event), EVENT_LIMITS),
        sourceId: event.sourceRef?.sessionId,
        sessionId: event.actorRef.sessionId,
      })
    } else if (event.type === "@xstate.snapshot") {
      this.write({
        type: event.type,
        event: plain(shortOf(event.event), EVENT_LIMITS),
        snapshot: snapshotOf(event.snapshot),
        sessionId: event.actorRef.sessionId,
      })
    }
  }

  private actor(actor: Chart): object {
    const name = pathOf(actor)
    return {
      type: "@xstate.actor",
      name,
      definition: this.definitions.get(actor.logic?.id ?? "") ?? JSON.stringify({ id: name }),
      parentId: actor._parent?.sessionId,
      sessionId: actor.sessionId,
      snapshot: snapshotOf(actor.getSnapshot() ?? {}),
    }
  }

  private write(event: object): void {
    const rootId = this.core.actor.sessionId
    this.send(
      JSON.stringify({ ...event, rootId, id: null, createdAt: String(Date.now()), _version: VERSION }),
    )
  }
}

/** Arqon's events and snapshots have a short form for viewers. */
const shortOf = <T extends object>(whole: T): T =>
  "toJSON" in whole && typeof whole.toJSON === "function" ? (whole.toJSON() as T) : whole

function snapshotOf(snapshot: AnySnapshot): object {
  const { status = "active", value, context } = shortOf(snapshot)
  return {
    status,
    ...(value === undefined ? {} : { value }),
    ...(context === undefined ? {} : { context: plain(context, CONTEXT_LIMITS) }),
  }
}
