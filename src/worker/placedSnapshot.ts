/** What a caller sees of an engine in a worker: the worker's snapshot with what this side knows better, and what stands while there is no worker. */
import type { EngineSnapshot } from "../engine/contract/EngineSnapshot.ts"
import type { WorkerState } from "../engine/contract/WorkerEngine.ts"
import type { Supervision } from "../engine/supervision/Supervision.ts"
import type { TripReason } from "../domain/words.ts"
import type { LiveValues } from "./LiveValues.ts"
import type { Reporter } from "./Reporter.ts"
import type { WorkerSubscriptions } from "./WorkerSubscriptions.ts"

/** What the caller's thread knows of its engine. */
interface Placed {
  readonly runId: string
  readonly status: WorkerState["status"]
  readonly deaths: number
  /** Digests that went with a worker. */
  readonly lost: number
  readonly fault: string | null
  readonly safeMode: TripReason | null
  readonly live: LiveValues
  readonly reporter: Reporter
  readonly subscriptions: WorkerSubscriptions
  readonly supervision: Supervision
}

const STATUS: Readonly<Record<WorkerState["status"], EngineSnapshot["status"]>> = {
  idle: "idle",
  starting: "idle",
  running: "running",
  restarting: "running",
  frozen: "running",
  stopped: "stopped",
}

/** A snapshot of the worker's, or the last one there was of it. */
export function placedSnapshot(placed: Placed, snapshot: EngineSnapshot): EngineSnapshot {
  const { runId, status, deaths, lost, reporter, subscriptions, supervision } = placed
  const { counters } = snapshot
  const { lanes } = reporter
  const callbackFailures = { ...counters.callbackFailures, ...subscriptions.failures }
  const alone = status !== "running" && status !== "stopped" && deaths > 0
  return {
    ...snapshot,
    runId,
    status: STATUS[status],
    ...(alone ? secured(placed) : {}),
    counters: {
      ...counters,
      digestsLost: counters.digestsLost + lanes.dropped + lanes.refused + lost,
      callbackFailures,
      listenerFailures: Object.values(callbackFailures).reduce((sum, count) => sum + count, 0),
      restarts: [...counters.restarts, ...supervision.restarts()],
    },
  }
}

/** While there is no worker: what the shared memory says. */
function secured({ live, reporter, safeMode: reason, fault }: Placed): Partial<EngineSnapshot> {
  const { generation, values } = live.current()
  const { nowUs } = reporter
  return {
    mode: "safe",
    nowUs,
    generation,
    values,
    base: values,
    cycle: null,
    safeMode: reason === null ? null : { reason, sinceUs: nowUs, exit: "manualReset", deadlineUs: null },
    fault,
  }
}
