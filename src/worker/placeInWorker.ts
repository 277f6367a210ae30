/** The engine returned by `createEngine` with `placement: "worker"`: a plain object around `PlacedEngine`. */
import type { EngineSettings } from "../domain/Config.ts"
import { ConfigError, EngineStateError } from "../domain/errors.ts"
import { problem } from "../domain/problems.ts"
import type { AuditRecord } from "../domain/AuditRecord.ts"
import type { AuditState } from "../engine/audit/AuditTrail.ts"
import { keepValues } from "../engine/valueView.ts"
import { commandCalls } from "../engine/commands.ts"
import { EngineCore } from "../engine/EngineCore.ts"
import type { EngineSnapshot } from "../engine/contract/EngineSnapshot.ts"
import { metricsPage } from "../engine/metrics/prometheus.ts"
import type { RuntimeOptions } from "../engine/contract/RuntimeOptions.ts"
import { OTHER_THREAD, type RelayedInspection, type WorkerEngine } from "../engine/contract/WorkerEngine.ts"
import { PlacedEngine, type PlacedOptions } from "./PlacedEngine.ts"
import type { Remains } from "./protocol.ts"
import type { SharedEngine } from "./SharedEngine.ts"

/**
 * Creates it; nothing runs before `start`. Throws a ConfigError for options that are functions of the caller's
 * thread.
 */
export function placeInWorker(
  settings: EngineSettings,
  { inspect, sinks }: RuntimeOptions,
  own: Omit<PlacedOptions, "before" | "inspect">,
): WorkerEngine<string, SharedEngine> {
  if (sinks !== undefined && sinks.length > 0) throw new ConfigError({ problems: [noSinks] })
  const engine: PlacedEngine = new PlacedEngine(settings, {
    // The types of createEngine guarantee what an inspector receives here.
    inspect: inspect as ((event: RelayedInspection) => void) | undefined,
    before: (): Remains => remainsOf(settings, engine),
    ...own,
  })
  const { live, reporter, subscriptions } = engine
  const placed: WorkerEngine<string, SharedEngine> = {
    name: settings.name,
    get runId() {
      return engine.runId
    },
    start: (nowUs) => engine.start(nowUs),
    stop: (options) => engine.stop(options),
    values: live.byName,
    get generation() {
      return live.generation
    },
    get nowUs() {
      return reporter.nowUs
    },
    get coarse() {
      return engine.coarse
    },
    observe: (digest) => engine.observe(digest),
    digest: reporter.digest,
    observeDigest: () => engine.observeDigest(),
    track: (work) => engine.track(work),
    tick: (nowUs) => void engine.call("tick", nowUs),
    subscribe: (listener) => engine.subscribe(typeof listener === "function" ? { next: listener } : listener),
    getSnapshot: () => engine.snapshot(),
    ...commandCalls((command) => engine.send(command)),
    audit: {
      records: () => (engine.look("records") as ReadonlyArray<AuditRecord> | null) ?? engine.old.records,
      subscribe: (listener) => subscriptions.subscribeRecords(listener),
      state: () => (engine.look("auditState") as AuditState | null) ?? engine.old.auditState,
    },
    metrics: () => (engine.look("metrics") as string | null) ?? engine.old.metrics,
    windows$: subscriptions.windows$,
    shared: engine.handle,
    current: () => live.current(),
    get safeMode() {
      return engine.safeMode
    },
    worker: () => engine.worker(),
  }
  // Not in the type: for callers from JavaScript, or who switch from an engine in this thread.
  for (const call of OTHER_THREAD) {
    Object.defineProperty(placed, call, {
      get: () => {
        throw new EngineStateError({ reason: "otherThread", call })
      },
    })
  }
  return keepValues(placed)
}

const noSinks = problem(
  ["sinks"],
  "cannot be sent to the worker, where the audit is written.",
  'Keep a journal with state: "./state", or take the records with engine.audit.subscribe.',
)

/** The visible state of an engine that was never started. */
function remainsOf(settings: EngineSettings, { runId, reporter }: PlacedEngine): Remains {
  const manual = settings.clock === "manual"
  const core = new EngineCore({ settings, runId, readClock: manual ? null : () => reporter.nowUs })
  const snapshot: EngineSnapshot = core.snapshot()
  const metrics = metricsPage(core)
  return { snapshot, records: [], auditState: core.trail.state(), metrics }
}
