/**
 * The sinks of a fleet in one process: its buckets share one queue to each, so that thousands of buckets hold no queue of their own. Each
 * record's `run` is `FLEET-EPOCH/KEY`. A sink that takes nothing for long leaves every key of a full bucket on its base.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { AuditError } from "../domain/errors.ts"
import type { AuditSink } from "../engine/audit/AuditSink.ts"
import { SinkQueues } from "../engine/audit/SinkQueues.ts"
import type { TrailSinks } from "../engine/contract/TrailSinks.ts"

const NOTHING_LEFT = { left: 0, flush: () => true } as const

export class FleetSinks {
  /** What one bucket sees: it neither writes nor closes. */
  readonly forBucket: TrailSinks
  private readonly queues: SinkQueues
  private writers: ReadonlyArray<Fiber.Fiber<never>> = []

  constructor(sinks: ReadonlyArray<AuditSink>) {
    const queues = new SinkQueues(sinks)
    this.queues = queues
    this.forBucket = {
      exact: queues.exact,
      get blocked() {
        return queues.blocked
      },
      get room() {
        return queues.room
      },
      add: (records, exact, now) => queues.add(records, exact, now),
      state: () => queues.state(),
      writers: () => [],
      finish: () => Effect.void,
    }
  }

  /** Once: a call again does nothing. */
  start(): void {
    if (this.writers.length > 0) return
    // A bucket looks for room with each of its ticks.
    this.writers = this.queues.writers(() => {}).map(({ run }) => Effect.runFork(run))
  }

  /** Once no bucket is owned any more: writes what waits and closes the sinks. An AuditError names what was left. */
  readonly stop: Effect.Effect<void, AuditError> = Effect.suspend(() =>
    Effect.ensuring(this.queues.finish(NOTHING_LEFT), Fiber.interruptAll(this.writers)),
  )
}

/** Sinks of one bucket that each get all of its records: what has no room in one waits for both. */
export function joinedSinks(
  one: TrailSinks | undefined,
  other: TrailSinks | undefined,
): TrailSinks | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return {
    exact: one.exact || other.exact,
    get blocked() {
      return one.blocked ?? other.blocked
    },
    get room() {
      return Math.min(one.room, other.room)
    },
    add: (records, exact, now) => {
      one.add(records, exact, now)
      other.add(records, exact, now)
    },
    state: () => [...one.state(), ...other.state()],
    writers: () => [],
    finish: () => Effect.void,
  }
}
