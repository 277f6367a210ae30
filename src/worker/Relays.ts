/**
 * What a worker sends on its own: snapshots, windows, audit records and inspections, each only while someone
 * listens. If the listening thread is slow, it misses intermediate snapshots but never the last one. For everything
 * else the number in transit is bounded, and messages beyond it are counted.
 */
import type { InspectionEvent } from "xstate"
import type { Subscription } from "../engine/calls/Listeners.ts"
import type { EngineCore } from "../engine/EngineCore.ts"
import type { EngineSnapshot } from "../engine/contract/EngineSnapshot.ts"
import type { RelayedInspection } from "../engine/contract/WorkerEngine.ts"
import type { Relay, WorkerMessage } from "./protocol.ts"
import { RECEIVED_OTHERS, RECEIVED_SNAPSHOTS, SKIPPED } from "./SharedEngine.ts"

/** Most messages in transit, apart from snapshots. */
const MOST_IN_TRANSIT = 10_000

export class Relays {
  private readonly post: (message: WorkerMessage) => void
  private readonly words: Int32Array
  private readonly subscriptions = new Map<keyof Relay, Subscription>()
  private latest: EngineSnapshot | null = null
  /** Both start at the other side's counts: it may have received from an earlier worker. */
  private sentSnapshots: number
  private sentOthers: number

  constructor(post: (message: WorkerMessage) => void, words: Int32Array) {
    this.post = post
    this.words = words
    this.sentSnapshots = Atomics.load(words, RECEIVED_SNAPSHOTS)
    this.sentOthers = Atomics.load(words, RECEIVED_OTHERS)
  }

  /** Subscribes to what the other side listens to, and to nothing else. */
  follow(core: EngineCore, relay: Relay): void {
    this.switch("snapshots", relay.snapshots, () =>
      core.snapshots.add((snapshot) => {
        this.latest = snapshot
        this.flush()
      }),
    )
    this.switch("windows", relay.windows, () =>
      core.windows$.subscribe((window) => this.send({ type: "window", window })),
    )
    this.switch("audit", relay.audit, () =>
      core.trail.listeners.add((record) => this.send({ type: "record", record })),
    )
  }

  /** Sends the latest snapshot once the previous one was received. */
  flush(): void {
    if (this.latest === null || this.sentSnapshots !== Atomics.load(this.words, RECEIVED_SNAPSHOTS)) return
    this.sentSnapshots = (this.sentSnapshots + 1) | 0
    this.post({ type: "snapshot", snapshot: this.latest })
    this.latest = null
  }

  inspected(event: InspectionEvent): void {
    this.send({ type: "inspection", event: relayed(event) })
  }

  private send(message: WorkerMessage): void {
    if (((this.sentOthers - Atomics.load(this.words, RECEIVED_OTHERS)) | 0) >= MOST_IN_TRANSIT) {
      Atomics.add(this.words, SKIPPED, 1)
      return
    }
    this.sentOthers = (this.sentOthers + 1) | 0
    this.post(message)
  }

  private switch(name: keyof Relay, on: boolean, subscribe: () => Subscription): void {
    const now = this.subscriptions.get(name)
    if (on && now === undefined) this.subscriptions.set(name, subscribe())
    if (on || now === undefined) return
    now.unsubscribe()
    this.subscriptions.delete(name)
  }
}

/** An inspection as data. Parts of an event that are not JSON (an actor reference, a function) are left out. */
function relayed(event: InspectionEvent): RelayedInspection {
  const { type, actorRef } = event
  const snapshot = ("snapshot" in event ? event.snapshot : null) as
    | { readonly value?: unknown; readonly status?: unknown }
    | null
    | undefined
  return {
    type,
    actor: (actorRef as { readonly id?: string }).id ?? actorRef.sessionId,
    event: "event" in event ? asJson(event.event) : null,
    state: asJson(snapshot?.value ?? snapshot?.status ?? null),
  }
}

/** A value as JSON; null if it has none. */
function asJson(value: unknown): unknown {
  try {
    const seen = new Set<unknown>()
    const text = JSON.stringify(value, (_, part: unknown) => {
      if (typeof part !== "object" || part === null) return part
      // Actors refer to their system, which refers to them.
      if (seen.has(part) || "getSnapshot" in part) return undefined
      seen.add(part)
      return part
    })
    return text === undefined ? null : (JSON.parse(text) as unknown)
  } catch {
    return null
  }
}
