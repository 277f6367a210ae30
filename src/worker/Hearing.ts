/**
 * Who listens to an engine in a worker, in the caller's thread. The worker is told what anybody listens to, and relays nothing
 * else; what was heard is counted in shared memory, so that no more is on its way than this thread can take.
 */
import type { EngineFaultError } from "../domain/errors.ts"
import type { Window } from "../domain/Window.ts"
import { heardObservable } from "../engine/interop/heardObservable.ts"
import type { AuditRecord } from "../engine/audit/AuditRecord.ts"
import type { EngineSnapshot } from "../engine/contract/EngineSnapshot.ts"
import { Listeners, type Subscription } from "../engine/calls/Listeners.ts"
import type { RelayedInspection } from "../engine/contract/WorkerEngine.ts"
import type { Relay, Told } from "./protocol.ts"
import { HEARD_OTHERS, HEARD_SNAPSHOTS } from "./SharedEngine.ts"

export class Hearing {
  readonly snapshots = new Listeners<EngineSnapshot>("subscriber")
  readonly endings = new Listeners<EngineFaultError | null>("ending")
  private readonly records = new Listeners<AuditRecord>("audit")
  private readonly windows = new Listeners<Window>("window")
  private readonly inspections = new Listeners<RelayedInspection>("inspector")
  private readonly words: Int32Array
  private readonly changed: (relay: Relay) => void
  private over = false
  readonly windows$ = heardObservable<Window>(
    (heard) => this.follow(this.windows, heard),
    (done) => this.whenOver((fault) => (fault === null ? done(null) : undefined)),
  )

  /** `changed` hears what is listened to from now on. */
  constructor(
    words: Int32Array,
    inspect: ((event: RelayedInspection) => void) | undefined,
    changed: (relay: Relay) => void,
  ) {
    this.words = words
    this.changed = changed
    if (inspect !== undefined) this.inspections.add(inspect)
  }

  /** Hears of faults, and once of the end; at once when it is over. */
  whenOver(told: (fault: EngineFaultError | null) => unknown): Subscription {
    if (!this.over) return this.endings.add(told)
    told(null)
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

  subscribeSnapshots(heard: (snapshot: EngineSnapshot) => unknown): Subscription {
    return this.follow(this.snapshots, heard)
  }

  subscribeRecords(heard: (record: AuditRecord) => unknown): Subscription {
    return this.follow(this.records, heard)
  }

  snapshot(snapshot: EngineSnapshot): void {
    Atomics.add(this.words, HEARD_SNAPSHOTS, 1)
    this.snapshots.notify(snapshot)
  }

  other(told: Extract<Told, { type: "window" | "record" | "inspection" }>): void {
    Atomics.add(this.words, HEARD_OTHERS, 1)
    if (told.type === "window") this.windows.notify(told.window)
    else if (told.type === "record") this.records.notify(told.record)
    else this.inspections.notify(told.event)
  }

  /** The engine was stopped: everybody hears it, once. */
  end(): void {
    this.over = true
    this.snapshots.clear()
    this.endings.notify(null)
    this.endings.clear()
  }

  private follow<T>(listeners: Listeners<T>, heard: (value: T) => unknown): Subscription {
    const { unsubscribe } = listeners.add(heard)
    this.changed(this.relay)
    return {
      unsubscribe: () => {
        unsubscribe()
        this.changed(this.relay)
      },
    }
  }
}
