/**
 * The agent of one replica of a service: it applies what the owner of its tuner says, counts what is measured and reports it. A service never
 * waits for its tuner: with nobody there it runs on its own values. No call of a request is delayed, none fails because of the agent, and
 * the agent holds no process open.
 */
import { resolveGuardrails } from "../control/guardrails.ts"
import { parseEngineConfig } from "../domain/Config.ts"
import type { DigestInput } from "../domain/Digest.ts"
import { ConfigError } from "../domain/errors.ts"
import { tidy } from "../domain/problems.ts"
import { Listeners, requireListener } from "../engine/calls/Listeners.ts"
import { readDigest } from "../engine/digestInput.ts"
import { refuseWrite, VALUE_VIEW } from "../engine/valueView.ts"
import {
  DIGEST_CONSTRAINT_MARGIN,
  DIGEST_ERROR_RATE,
  DIGEST_GENERATION,
  DIGEST_LATENCY_P99_US,
  DIGEST_OBJECTIVE,
  DIGEST_TIMESTAMP_US,
  DIGEST_WIDTH,
} from "../hot/codes.ts"
import { FAILURE_US, type Sample } from "../telemetry/samples.ts"
import { track } from "../telemetry/track.ts"
import { ReplicaCore } from "./ReplicaCore.ts"
import { type ReplicaOptions, replicaProblems } from "./replicaOptions.ts"
import { optionsOf } from "./replicaProblems.ts"
import { type ReplicaSnapshot, snapshotsOf } from "./replicaSnapshot.ts"
import { monotonicUs, ReportLoop } from "./ReportLoop.ts"
import { httpLink, type Link, ONE_ADDRESS, type Post, postByFetch } from "./transport.ts"

type Listener<K extends string> =
  | ((snapshot: ReplicaSnapshot<K>) => void)
  | { readonly next?: (snapshot: ReplicaSnapshot<K>) => void; readonly complete?: () => void }

/** The agent of one replica. The adapters of `arqon/adapters` take it where they take an engine. */
export interface Replica<K extends string = string> {
  /** Live values by name: a read is one array load. */
  readonly values: Readonly<Record<K, number>>
  readonly generation: number
  readonly nowUs: number
  /** Begins to report. Resolves after the first answer, or when `startWithinMs` is over: never later, and never with an error. */
  readonly start: () => Promise<void>
  /** Says goodbye and ends. The values stay on the base, or on the baseline where it has fallen to that. */
  readonly stop: () => Promise<void>
  /** Runs `work` and measures it. The result, or the error, is the work's own. */
  readonly track: <T>(work: () => T) => T
  /** Reports a measurement; false: it counts for nothing. Throws a DigestError for what is none. */
  readonly observe: (digest: DigestInput) => boolean
  /** Input of `observeDigest`, by position (`DIGEST_*` of `arqon/hot`). */
  readonly digest: Float64Array
  /** Reports what `digest` holds without allocating. */
  readonly observeDigest: () => boolean
  readonly getSnapshot: () => ReplicaSnapshot<K>
  readonly subscribe: (listener: Listener<K>) => { unsubscribe(): void }
}

/** Creates the agent of this replica. Throws a ConfigError that lists every problem of the options. */
export function createReplica<const K extends string>(given: ReplicaOptions<K>): Replica<K> {
  return replicaOver(postByFetch, given)
}

/** As `createReplica`, with a way to post of the platform's own. */
export function replicaOver<const K extends string>(post: Post, given: ReplicaOptions<K>): Replica<K> {
  const options = optionsOf(given)
  const { tuner, at, token, params, objective, guardrails = "balanced", startWithinMs = 2000 } = options
  const settings = parseEngineConfig({ params, objective, guardrails })
  const wrong = [...replicaProblems(options), ...(settings instanceof ConfigError ? settings.problems : [])]
  if (wrong.length > 0 || settings instanceof ConfigError) throw new ConfigError({ problems: tidy(wrong) })
  const policy = resolveGuardrails(settings.guardrails)
  const boot = crypto.randomUUID()
  const { space } = settings
  const core = new ReplicaCore({
    tuner,
    replica: options.name ?? boot,
    boot,
    zone: options.zone,
    version: options.version,
    space,
    maxStep: policy.maxStep,
    emergencyMargin: policy.emergencyMargin,
  })
  const link: Link =
    "transport" in at ? { send: at.transport, addresses: ONE_ADDRESS } : httpLink(at, token, post)
  const sign = settings.objective === "maximize" ? -1 : 1
  const states = new Listeners<ReplicaSnapshot<K>>("subscriber")
  const endings = new Listeners<undefined>("subscriber")
  const digest = new Float64Array(DIGEST_WIDTH).fill(Number.NaN)
  let status: ReplicaSnapshot["status"] = "idle"
  let over = false
  let shown = ""
  let leaving = Promise.resolve()
  let firstAnswer: () => void = () => {}

  const values = Object.create(VALUE_VIEW) as Record<K, number>
  space.names.forEach((name, i) => {
    Object.defineProperty(values, name, {
      enumerable: true,
      get: () => core.value(i),
      set: refuseWrite(name),
    })
  })
  Object.freeze(values)

  const snapshot = snapshotsOf(core, values)
  const getSnapshot = (): ReplicaSnapshot<K> => snapshot(status, states.failures + endings.failures)
  const show = (): void => {
    const now = `${status} ${core.standing} ${core.role} ${core.generation} ${core.safeMode} ${core.failure}`
    if (now === shown) return
    shown = now
    states.notify(getSnapshot())
  }
  const complete = (): void => {
    over = true
    endings.notify(undefined)
    states.clear()
    endings.clear()
  }
  const reports = new ReportLoop({
    core,
    link,
    boot,
    trace: options.trace,
    changed: show,
    answered: () => firstAnswer(),
  })
  const observeDigest = (): boolean => {
    if (status !== "running") return false
    const nowUs = monotonicUs()
    core.tick(nowUs)
    const stamp = digest[DIGEST_TIMESTAMP_US]
    const under = digest[DIGEST_GENERATION]
    return core.observe(
      digest[DIGEST_OBJECTIVE],
      Number.isNaN(stamp) ? nowUs : stamp,
      Number.isNaN(under) ? core.generation : under,
      digest[DIGEST_LATENCY_P99_US],
      digest[DIGEST_ERROR_RATE],
      digest[DIGEST_CONSTRAINT_MARGIN],
    )
  }
  const port = {
    nowUs: monotonicUs,
    generation: () => core.generation,
    report: ({ startedUs = monotonicUs(), durationUs, ok, generation }: Sample) => {
      if (status !== "running") return
      core.tick(monotonicUs())
      const cost = sign * (durationUs + (ok ? 0 : FAILURE_US))
      core.observe(cost, startedUs, generation, durationUs, ok ? 0 : 1, Number.NaN)
    },
  }
  return {
    values,
    digest,
    get generation() {
      return core.generation
    },
    get nowUs() {
      return monotonicUs()
    },
    getSnapshot,
    start: () => {
      if (status !== "idle") return Promise.resolve()
      status = "running"
      return new Promise((resolve) => {
        // It holds the process open: one that awaits its start before it listens would end here otherwise.
        const waiting = setTimeout(resolve, startWithinMs)
        firstAnswer = () => {
          clearTimeout(waiting)
          resolve()
        }
        show()
        reports.start()
      })
    },
    stop: () => {
      if (status === "stopped") return leaving
      const told = status === "running"
      status = "stopped"
      reports.stop()
      firstAnswer()
      core.rest()
      show()
      complete()
      if (told) leaving = reports.goodbye()
      return leaving
    },
    track: (work) => track(work, port),
    observe: (input) => {
      digest.fill(Number.NaN)
      const error = readDigest(digest, input, [])
      if (error !== null) throw error
      return observeDigest()
    },
    observeDigest,
    subscribe: (listener) => {
      requireListener(listener)
      const observer = typeof listener === "function" ? { next: listener } : listener
      const next = states.add((now) => observer.next?.(now))
      const ending = endings.add(() => observer.complete?.())
      // As with any Observable, one that comes late is told at once that nothing follows.
      if (over) complete()
      return {
        unsubscribe: () => {
          next.unsubscribe()
          ending.unsubscribe()
        },
      }
    },
  }
}
