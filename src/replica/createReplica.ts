/**
 * The agent of one replica of a service: it applies what the owner of its tuner says, counts what is measured and reports it. A service never
 * waits for its tuner: with nobody there it runs on its own values. No call of a request is delayed, none fails because of the agent, and
 * the agent holds no process open.
 */
import { BEFORE_ALL, type Pair, samePair } from "../cohort/order.ts"
import type { Role } from "../cohort/protocol.ts"
import type { Standing } from "../cohort/Lease.ts"
import { resolveGuardrails } from "../control/guardrails.ts"
import { type EngineConfig, parseEngineConfig } from "../domain/Config.ts"
import type { DigestInput } from "../domain/Digest.ts"
import { ConfigError, type Problem } from "../domain/errors.ts"
import type { KnobConfig } from "../domain/ParamSpace.ts"
import { problem, tidy } from "../domain/problems.ts"
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
import { optionsOf, tokenProblems, unknownOptions } from "./replicaProblems.ts"
import { ReplicaCore } from "./ReplicaCore.ts"
import { httpTransport, RefusedReport, type Transport } from "./transport.ts"

/** Options of `createReplica`. */
export interface ReplicaOptions<K extends string = string> {
  /** Name of the tuner. */
  readonly tuner: string
  /** Addresses of its owner, or a tuner in this process. */
  readonly at: ReadonlyArray<string> | { readonly transport: Transport }
  readonly token?: string | undefined
  /** Its own knobs: what it starts on, and what every answer is held against. */
  readonly params: Readonly<Record<K, KnobConfig>>
  readonly objective?: "minimize" | "maximize" | undefined
  /** Its own step limit comes from these. */
  readonly guardrails?: EngineConfig["guardrails"] | undefined
  /** The same after a restart. Default: another one at each start. */
  readonly name?: string | undefined
  readonly zone?: string | undefined
  readonly version?: string | undefined
  /** How long `start` waits for the first answer. Default 2000. */
  readonly startWithinMs?: number | undefined
}

/** Where a replica stands. */
export interface ReplicaSnapshot<K extends string = string> {
  readonly status: "idle" | "running" | "stopped"
  readonly state: Standing
  readonly role: Role
  readonly epoch: number
  /** The owner's generation; 0 while nothing that it said is in force. */
  readonly confirmed: number
  /** Counts changes of the values in this process. */
  readonly generation: number
  readonly values: Readonly<Record<K, number>>
  readonly safeMode: string | null
  readonly sent: number
  readonly answered: number
  readonly failed: number
  /** Why the last request failed, such as a wrong token; null when it was answered. */
  readonly failure: string | null
  /** Answers that were refused because they were older than one taken before. */
  readonly older: number
  readonly refused: string | null
  /** Errors that subscribers have thrown. */
  readonly faults: number
}

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

type Observer<K extends string> = Exclude<Listener<K>, (...args: never) => void>

const monotonicUs = (): number => performance.now() * 1000

/** A timer that holds no process open. */
function later(run: () => void, ms: number): ReturnType<typeof setTimeout> {
  const timer: ReturnType<typeof setTimeout> & { unref?: () => void } = setTimeout(run, ms)
  timer.unref?.()
  return timer
}

/** How far apart two looks at the time are at most. */
const LOOK_MS = 100
/** A request may take this many reports. */
const TIMEOUT_REPORTS = 2

/** Longer timers of JavaScript fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

function isAddress(one: unknown): boolean {
  if (typeof one !== "string" || !/^https?:\/\//.test(one) || !URL.canParse(one)) return false
  const { username, password } = new URL(one)
  return username === "" && password === ""
}

/** Whether an optional text can be sent in a report. */
const isText = (text: unknown, least: number, most: number): boolean =>
  text === undefined || (typeof text === "string" && text.length >= least && text.length <= most)

const OPTIONS = [
  "tuner",
  "at",
  "token",
  "params",
  "objective",
  "guardrails",
  "name",
  "zone",
  "version",
  "startWithinMs",
] as const satisfies ReadonlyArray<keyof ReplicaOptions>

function check(options: ReplicaOptions): ReadonlyArray<Problem> {
  const { tuner, at, token, name, zone, version, startWithinMs = 0 } = options
  const addresses = Array.isArray(at) ? (at as ReadonlyArray<unknown>) : null
  const named = typeof tuner === "string" && tuner !== "" && tuner.length <= 128
  const transport =
    addresses === null && typeof (at as { transport?: unknown } | undefined)?.transport === "function"
  return [
    ...(named ? [] : [problem(["tuner"], "must be a name of 1 to 128 characters.")]),
    ...(transport || (addresses !== null && addresses.length > 0)
      ? []
      : [problem(["at"], "must be a list of addresses.", 'Give at: ["https://tuner.internal:7070"].')]),
    ...(addresses ?? []).flatMap((one, i) =>
      isAddress(one)
        ? []
        : [problem(["at", i], "must be an address without a user.", "Begin it with https:// or http://.")],
    ),
    ...(isText(name, 1, 128) ? [] : [problem(["name"], "must be a name of 1 to 128 characters.")]),
    ...(isText(zone, 0, 64) ? [] : [problem(["zone"], "must be a text of at most 64 characters.")]),
    ...(isText(version, 0, 64) ? [] : [problem(["version"], "must be a text of at most 64 characters.")]),
    ...tokenProblems(token),
    ...unknownOptions(options, OPTIONS),
    ...(typeof startWithinMs === "number" && startWithinMs >= 0 && startWithinMs <= LONGEST_TIMER_MS
      ? []
      : [problem(["startWithinMs"], `must be from 0 to ${LONGEST_TIMER_MS}.`)]),
  ]
}

/** Creates the agent of this replica. Throws a ConfigError that lists every problem of the options. */
export function createReplica<const K extends string>(given: ReplicaOptions<K>): Replica<K> {
  const options = optionsOf(given)
  const { tuner, at, token, params, objective, guardrails = "balanced", startWithinMs = 2000 } = options
  const settings = parseEngineConfig({ params, objective, guardrails })
  const wrong = [...check(options), ...(settings instanceof ConfigError ? settings.problems : [])]
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
  const transport = "transport" in at ? at.transport : httpTransport(at, token)
  const sign = settings.objective === "maximize" ? -1 : 1
  const listeners = new Set<Observer<K>>()
  const digest = new Float64Array(DIGEST_WIDTH).fill(Number.NaN)
  let status: ReplicaSnapshot["status"] = "idle"
  let timer: ReturnType<typeof setTimeout> | null = null
  let dueUs = 0
  let busy = false
  let faults = 0
  let shown = ""
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

  const getSnapshot = (): ReplicaSnapshot<K> => {
    const { follower, sent, answered, failed, failure, safeMode } = core
    return {
      status,
      state: core.standing,
      role: core.role,
      epoch: follower.seen[0],
      confirmed: pairNumber(core.pair),
      generation: core.generation,
      values: { ...values },
      safeMode,
      sent,
      answered,
      failed,
      failure,
      older: follower.older,
      refused: follower.refused,
      faults,
    }
  }
  const call = (run: () => void): void => {
    try {
      run()
    } catch {
      // A subscriber's error is its own; a request must not meet it.
      faults++
    }
  }
  const notify = (how: (listener: Observer<K>) => void): void => {
    // One that subscribes while it is notified is notified from the next time on.
    const now = [...listeners]
    for (const listener of now) call(() => how(listener))
  }
  const show = (): void => {
    const now = `${status} ${core.standing} ${core.role} ${core.generation} ${core.safeMode} ${core.failure}`
    if (now === shown) return
    shown = now
    const snapshot = getSnapshot()
    notify((listener) => listener.next?.(snapshot))
  }
  const tick = (): void => {
    core.tick(monotonicUs())
    show()
  }
  const exchange = (leaving: boolean): Promise<void> => {
    const sentUs = monotonicUs()
    const timeoutMs = Math.max(LOOK_MS, (TIMEOUT_REPORTS * core.reportUs) / 1000)
    busy = true
    return Promise.resolve()
      .then(() => transport(core.report(leaving), timeoutMs))
      .then(
        (answer) => {
          // An answer that was under way when it stopped moves nothing any more.
          if (status === "running") core.answer(answer, sentUs, monotonicUs())
          firstAnswer()
        },
        (error: unknown) => core.fail(reasonOf(error), error instanceof RefusedReport && error.malformed),
      )
      .finally(() => {
        busy = false
        show()
      })
  }
  const look = (): void => {
    if (status !== "running") return
    tick()
    const nowUs = monotonicUs()
    if (!busy && nowUs >= dueUs) {
      dueUs = nowUs + core.reportUs
      exchange(false).then(undefined, () => faults++)
    }
    timer = later(look, Math.min(LOOK_MS, Math.max(1, (dueUs - nowUs) / 1000)))
  }
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
        look()
      })
    },
    stop: () => {
      if (status === "stopped") return Promise.resolve()
      const told = status === "running"
      status = "stopped"
      if (timer !== null) clearTimeout(timer)
      firstAnswer()
      core.rest()
      show()
      notify((listener) => listener.complete?.())
      listeners.clear()
      return told ? exchange(true) : Promise.resolve()
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
      const observer = typeof listener === "function" ? { next: listener } : listener
      listeners.add(observer)
      return { unsubscribe: () => void listeners.delete(observer) }
    },
  }
}

/** An error in one line, with what lies behind it: `fetch` says only that it failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

const pairNumber = (pair: Pair): number => (samePair(pair, BEFORE_ALL) ? 0 : pair[1])
