/**
 * The listeners of an engine in a worker, on the caller's thread. The worker relays only what somebody listens to. Received messages
 * are counted in shared memory, so that no more are in transit than this thread can handle.
 */
import type { EngineFaultError } from "../domain/errors.ts"
import type { Window } from "../domain/Window.ts"
import { listenerObservable } from "../engine/interop/listenerObservable.ts"
import type { AuditRecord } from "../domain/AuditRecord.ts"
import type { EngineSnapshot } from "../engine/contract/EngineSnapshot.ts"
import { Listeners, type Subscription } from "../engine/calls/Listeners.ts"
import type { RelayedInspection } from "../engine/contract/WorkerEngine.ts"
import type { Relay, WorkerMessage } from "./protocol.ts"
import { RECEIVED_OTHERS, RECEIVED_SNAPSHOTS } from "./SharedEngine.ts"

export class WorkerSubscriptions {
  readonly snapshots = new Listeners<EngineSnapshot>("subscriber")
  readonly endings = new Listeners<EngineFaultError | null>("ending")
  private readonly records = new Listeners<AuditRecord>("audit")
  private readonly windows = new Listeners<Window>("window")
  private readonly inspections = new Listeners<RelayedInspection>("inspector")
  private readonly words: Int32Array
  private readonly changed: (relay: Relay) => void
  private over = false
  readonly windows$ = listenerObservable<Window>(
    (listener) => this.follow(this.windows, listener),
    (done) => this.whenOver((fault) => (fault === null ? done(null) : undefined)),
  )

  /** @param changed called with what somebody listens to, whenever that changes */
  constructor(
    words: Int32Array,
    inspect: ((event: RelayedInspection) => void) | undefined,
    changed: (relay: Relay) => void,
  ) {
    this.words = words
    this.changed = changed
    if (inspect !== undefined) this.inspections.add(inspect)
  }

  /** Notifies of faults, and once of the end; immediately if the engine has already ended. */
  whenOver(listener: (fault: EngineFaultError | null) => unknown): Subscription {
    if (!this.over) return this.endings.add(listener)
    listener(null)
    return { unsubscribe: () => {} }
  }

  get relay(): Relay {
    return {
      snapshots: this.snapshots.size > 0,
      windows: this.windows.size > 0,
      audit: this.records.size > 0,
      inspect: this.inspections.size > 0,
    }
  }

  /** Calls that threw, by what they are. */
  get failures(): Readonly<Record<string, number>> {
    const all = [this.snapshots, this.records, this.endings, this.inspections]
    return Object.fromEntries(
      all
        .filter((listeners) => listeners !== this.inspections || listeners.size > 0)
        .map(({ name, failures }) => [name, failures]),
    )
  }

  subscribeSnapshots(listener: (snapshot: EngineSnapshot) => unknown): Subscription {
    return this.follow(this.snapshots, listener)
  }

  subscribeRecords(listener: (record: AuditRecord) => unknown): Subscription {
    return this.follow(this.records, listener)
  }

  snapshot(snapshot: EngineSnapshot): void {
    Atomics.add(this.words, RECEIVED_SNAPSHOTS, 1)
    this.snapshots.notify(snapshot)
  }

  other(message: Extract<WorkerMessage, { type: "window" | "record" | "inspection" }>): void {
    Atomics.add(this.words, RECEIVED_OTHERS, 1)
    if (message.type === "window") this.windows.notify(message.window)
    else if (message.type === "record") this.records.notify(message.record)
    else this.inspections.notify(message.event)
  }

  /** The engine was stopped: notifies every listener once. */
  end(): void {
    this.over = true
    this.snapshots.clear()
    this.endings.notify(null)
    this.endings.clear()
  }

  private follow<T>(listeners: Listeners<T>, listener: (value: T) => unknown): Subscription {
    const { unsubscribe } = listeners.add(listener)
    this.changed(this.relay)
    return {
      unsubscribe: () => {
        unsubscribe()
        this.changed(this.relay)
      },
    }
  }
}
