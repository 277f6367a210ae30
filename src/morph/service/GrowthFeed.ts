/**
 * Everybody who listens to a growing host: callbacks, `events$`, its actor, and the counts of its metrics. A listener's mistake is its own:
 * it is thrown where nobody else is waiting, and the host goes on.
 */
import type { Problem } from "../../domain/Problem.ts"
import type { GrowthBoundary } from "../growth/GrowthBoundary.ts"
import type { PersonCommand } from "../growth/PersonCommand.ts"
import { type EventStream, eventStream } from "./eventStream.ts"
import type { GrowthEvent } from "./GrowthEvent.ts"
import { GrowthCounts } from "./growthMetrics.ts"

interface Subscription {
  readonly unsubscribe: () => void
}

type Listener<T> = (value: T) => void

export class GrowthFeed {
  /** A platform that counts more puts its own here. */
  counts = new GrowthCounts()
  readonly events$: EventStream<GrowthEvent>
  private readonly listeners = new Set<Listener<GrowthEvent>>()
  private readonly boundaries = new Set<Listener<GrowthBoundary>>()
  private readonly endings = new Set<Listener<null>>()
  private mode: GrowthBoundary["mode"] = "operational"
  private ended = false

  constructor() {
    this.events$ = eventStream(
      (listener) => this.listen(listener),
      (done) => this.whenEnded(done),
    )
  }

  listen(listener: Listener<GrowthEvent>): Subscription {
    return added(this.listeners, listener)
  }

  whenEnded(done: Listener<null>): Subscription {
    if (this.ended) done(null)
    return added(this.endings, done)
  }

  onBoundary(listener: Listener<GrowthBoundary>): Subscription {
    return added(this.boundaries, listener)
  }

  /** Where the host begins to be listened to. */
  begin(mode: GrowthBoundary["mode"]): void {
    this.mode = mode
  }

  boundary(boundary: GrowthBoundary): void {
    const { epoch, moves, mode } = boundary
    this.counts.boundary(boundary)
    const from = this.mode
    this.mode = mode
    if (this.boundaries.size + this.listeners.size === 0) return
    frozen(boundary)
    call(this.boundaries, boundary)
    this.tell({ type: "boundary", boundary })
    for (const move of moves) this.tell({ type: "moved", epoch, move })
    if (from !== mode) this.tell({ type: "modeChanged", epoch, from, to: mode })
  }

  tell(event: GrowthEvent): void {
    call(this.listeners, event)
  }

  /** `problems`: why it was refused; empty where it was carried out. */
  commanded(epoch: number, command: PersonCommand, problems: ReadonlyArray<Problem>): void {
    this.counts.command(problems.length === 0)
    this.tell(frozen({ type: "commanded", epoch, command, problems }))
  }

  end(): void {
    if (this.ended) return
    this.ended = true
    call(this.endings, null)
    for (const each of [this.listeners, this.boundaries, this.endings]) each.clear()
  }
}

function added<T>(to: Set<Listener<T>>, listener: Listener<T>): Subscription {
  // One of its own, so that one function may listen twice.
  const own: Listener<T> = (value) => listener(value)
  to.add(own)
  return { unsubscribe: () => void to.delete(own) }
}

function call<T>(listeners: ReadonlySet<Listener<T>>, value: T): void {
  for (const listener of listeners)
    try {
      listener(value)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
}

/** What several listeners get, none of them can change. */
export function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value) && !ArrayBuffer.isView(value))
    Object.values(Object.freeze(value)).forEach(frozen)
  return value
}
