/**
 * What an engine in a worker shares with every other thread of its process: the configuration, the lanes of digests, and a few
 * words about how the engine stands. The handle is plain data that any thread may be sent; `attachEngine` opens it there.
 */
import { resolveGuardrails } from "../control/guardrails.ts"
import type { EngineSettings } from "../domain/Config.ts"
import { type Resumption, startUnits } from "../domain/Resumption.ts"
import { AtomicConfig } from "../hot/AtomicConfig.ts"
import { ConfigReader } from "../hot/ConfigReader.ts"
import { DigestLanes } from "../hot/DigestLanes.ts"

/** Opens an engine in another thread: send it there (`workerData`, `postMessage`) and hand it to `attachEngine`. */
export interface SharedEngine<K extends string = string> {
  readonly kind: "arqon/shared-engine"
  /** Names of the knobs by id. */
  readonly names: ReadonlyArray<K>
  readonly extras: ReadonlyArray<string>
  readonly objective: "minimize" | "maximize"
  /** The engine's time is `originUs` at this reading of the monotonic clock; null in manual time. */
  readonly clock: { readonly originUs: number; readonly originNanos: bigint } | null
  readonly capacity: number
  readonly policy: number
  readonly config: SharedArrayBuffer
  readonly lanes: SharedArrayBuffer
  /** Words and cells below. */
  readonly state: SharedArrayBuffer
}

/** Words: where the engine is in its life. */
export const STATUS = 0
export const IDLE = 0
export const RUNNING = 1
export const STOPPED = 2
/** Rises with every turn of the worker's loop: who hangs does not move it. */
export const BEAT = 1
/** The call that waits: its number, the negative number once the worker has it, 0 when nobody waits. */
export const CALL = 2
/** The number of the call that was answered last. */
export const REPLY = 3
/** Snapshots that were received, and other messages; what is sent beyond that is bounded. */
export const RECEIVED_SNAPSHOTS = 4
export const RECEIVED_OTHERS = 5
/** Messages that were not sent because the other side was too slow. */
export const SKIPPED = 6
/** Words in all. */
const WORDS = 16

// Cells of doubles, written by the worker. Every reader tolerates the previous value.
/** The engine's time at its last tick. */
export const TICK_US = 0
/** Of the open latch: since when, the code of its exit, and the end of its timer; NaN where there is none. */
export const LATCH_SINCE = 1
export const LATCH_EXIT = 2
export const LATCH_DEADLINE = 3
/** Below it a digest wakes the engine at once: that of the guardrails in force. */
export const EMERGENCY_MARGIN = 4
/** How many rollbacks the hour may still have to count, and when they were: from `ROLLBACK_TIMES` on, oldest first. */
const ROLLBACKS = 5
const ROLLBACK_TIMES = 8
/** More than any policy allows. */
const MOST_ROLLBACKS = 1024
const CELLS = ROLLBACK_TIMES + MOST_ROLLBACKS

export function writeRollbacks(cells: Float64Array, timesUs: ReadonlyArray<number>): void {
  const kept = timesUs.slice(-MOST_ROLLBACKS)
  cells.set(kept, ROLLBACK_TIMES)
  cells[ROLLBACKS] = kept.length
}

export const readRollbacks = (cells: Float64Array): ReadonlyArray<number> =>
  Array.from(cells.subarray(ROLLBACK_TIMES, ROLLBACK_TIMES + cells[ROLLBACKS]))

const stateBuffer = (): SharedArrayBuffer => new SharedArrayBuffer(WORDS * 4 + CELLS * 8)
export const wordsOf = (state: SharedArrayBuffer): Int32Array<SharedArrayBuffer> =>
  new Int32Array(state, 0, WORDS)
export const cellsOf = (state: SharedArrayBuffer): Float64Array => new Float64Array(state, WORDS * 4, CELLS)

/** Readings of both clocks of which the closest counts, and how close is close enough. */
const READINGS = 16
const CLOSE_MS = 0.01

/**
 * The engine's clock in this thread, microseconds. The monotonic clock is one for the whole process, but `performance.now`, its
 * cheap reading, counts from the start of each thread: the difference is measured once. On a crowded machine the thread may lose its
 * processor between two readings, and a clock that is a millisecond behind would find every digest of other threads to be of the
 * future. So the closest of several readings counts.
 */
export function sharedClock({ originUs, originNanos }: NonNullable<SharedEngine["clock"]>): () => number {
  let closestMs = Number.POSITIVE_INFINITY
  let offsetUs = 0
  for (let i = 0; i < READINGS && closestMs > CLOSE_MS; i++) {
    const beforeMs = performance.now()
    const sinceUs = Number(process.hrtime.bigint() - originNanos) / 1000
    const afterMs = performance.now()
    if (afterMs - beforeMs >= closestMs) continue
    closestMs = afterMs - beforeMs
    offsetUs = originUs + sinceUs - ((beforeMs + afterMs) / 2) * 1000
  }
  return () => Math.floor(offsetUs + performance.now() * 1000)
}

export const readerOf = (handle: SharedEngine): ConfigReader =>
  new ConfigReader(handle.config, handle.names.length)

/** This thread's end of the lanes. */
export const lanesOf = ({ lanes, capacity, policy }: SharedEngine): DigestLanes =>
  new DigestLanes(lanes, capacity, policy)

/** Memory for an engine with these settings, standing where it is to begin. */
export function share(settings: EngineSettings, resume: Resumption | null): SharedEngine {
  const { space, laneCapacity: capacity, laneOverflow: policy, clock } = settings
  const buffer = new SharedArrayBuffer(AtomicConfig.byteLength(space.table.size))
  const config = new AtomicConfig(space.table, startUnits(space, resume), buffer)
  const state = stateBuffer()
  cellsOf(state)[EMERGENCY_MARGIN] = resolveGuardrails(settings.guardrails).emergencyMargin
  return {
    kind: "arqon/shared-engine",
    names: space.names,
    extras: settings.extras,
    objective: settings.objective,
    clock: clock === "manual" ? null : { originUs: Date.now() * 1000, originNanos: process.hrtime.bigint() },
    capacity,
    policy,
    config: config.buffer as SharedArrayBuffer,
    lanes: DigestLanes.create(capacity, policy).buffer,
    state,
  }
}
