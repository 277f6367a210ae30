/**
 * A tuner for many replicas in one process, with a clock: for services whose replicas live in this process, and for one process that the
 * others report to. With `state` it outlives its process; without, a restart begins again at the start.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Canary, CanaryEnd } from "../cohort/Canary.ts"
import { problem } from "../domain/problems.ts"
import { attempt } from "../domain/readInput.ts"
import { AuditError, type Problem } from "../domain/errors.ts"
import type { VariantRecord } from "../domain/Variant.ts"
import type { AuditSink } from "../engine/audit/AuditSink.ts"
import { readBody, sameText, send, TOO_LARGE } from "./httpReports.ts"
import { KeptTuner } from "./KeptTuner.ts"
import { optionsOf } from "./replicaProblems.ts"
import type { TunerDisk } from "./TunerDisk.ts"
import { type Hearing, type ReplicaStatus, TunerHost, type TunerStatus } from "./TunerHost.ts"
import type { TunerOptions } from "./tunerOptions.ts"
import { type TunerAudit, TunerTrail } from "./TunerTrail.ts"
import { REPORT_PATH, RefusedReport, type Transport } from "./transport.ts"

const TICK_MS = 50
const NOT_RUNNING = { status: 503, body: { error: "the tuner does not run", problems: [] } } as const
const NOT_SAVED = {
  status: 503,
  body: { error: "the tuner cannot save where it stands", problems: [], retryAfterMs: 1000 },
} as const

/** A tuner for many replicas in this process. */
export interface Tuner<K extends string = string> {
  /** Resolves once it runs: at once, or once its `state` is taken. Rejects with an AuditError where another process has that, or it cannot be written. */
  readonly start: () => Promise<void>
  /**
   * Ends tuning. Replicas fall back to their base, then to their baseline, by themselves. Resolves once the sinks have every record;
   * rejects with an AuditError that names what they have not.
   */
  readonly stop: () => Promise<void>
  /** For `createReplica({ at: tuner })` in the same process. */
  readonly transport: Transport
  /**
   * A handler of `node:http` for `POST /arqon/report`; true if the request was one. `token`, where given, must come as a bearer token. It does
   * not encrypt: mount it behind TLS.
   */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => boolean
  readonly status: () => TunerStatus & KeptStatus
  readonly replicas: () => ReadonlyArray<ReplicaStatus>
  /** What was decided, and why: the records of Tier 1, how pairs were drawn, what their sides read. */
  readonly audit: TunerAudit
  /**
   * Puts a candidate configuration on the canaries (`replicas.canary` of them, beside as many on the base); the rest follow once it is shown
   * to be no worse, and never before. `values`: some knobs or all, user units. Resolves with what has become of it. Throws a
   * ConfigError for a candidate outside the bounds, while another is on trial, and while nothing is tuned.
   */
  readonly rollOut: (values: Readonly<Partial<Record<K, number>>>) => Promise<CanaryEnd>
  /**
   * The same for the values of an approved or promoted variant, as a catalogue keeps it. Its constraints on the outcome (`objective`, `errorRate`,
   * `latencyP99Us`, `constraintMargin`) must hold on the canaries; what they did not measure does not hold. Throws a ConfigError for a
   * variant that is not approved, has values that are no knobs, or constraints on what replicas do not report.
   */
  readonly rollOutVariant: (variant: VariantRecord) => Promise<CanaryEnd>
  /** Ends the trial of a candidate: its canaries go back. */
  readonly withdraw: () => void
  /** Opens SafeMode until `reset`. */
  readonly trip: () => void
  readonly reset: () => void
}

/** What a tuner with `state` says of it. */
export interface KeptStatus {
  /** How it went on from the tuner before, in a sentence; null: it did not. */
  readonly began: string | null
  /** Why where it stands is not saved: its replicas are not answered meanwhile. Null: it is. */
  readonly unsaved: string | null
}

/** Creates a tuner for many replicas. Throws a ConfigError that lists every problem of the options. */
export const createTuner = <const K extends string>(options: TunerOptions<K>): Tuner<K> =>
  tunerOver(null, options)

/** `disk`: where `state` is kept; null: nowhere. */
export function tunerOver<const K extends string>(
  disk: TunerDisk | null,
  options: TunerOptions<K>,
): Tuner<K> {
  const plain = new TunerHost(options, null, disk === null ? noDisk(options) : [])
  const { name, token, sinks = [], state } = options
  const kept = disk === null || state === undefined ? null : new KeptTuner(disk, state, name)
  const epoch = kept?.epochFor(options.epoch)
  const host =
    epoch === undefined ? plain : new TunerHost({ ...options, epoch }, kept?.found.left?.cohort ?? null)
  const trail = new TunerTrail(host, `${name}-${epoch ?? crypto.randomUUID()}`)
  let starting: Promise<void> | null = null
  let ended: Promise<void> | null = null
  let timer: ReturnType<typeof setInterval> | null = null
  // As those of an engine: comparable between processes, and never led by the wall clock.
  const nowUs = (): number => (performance.timeOrigin + performance.now()) * 1000
  let awaiting: { readonly canary: Canary; readonly resolve: (end: CanaryEnd) => void } | null = null
  /** Resolves what `rollOut` has promised, once the candidate's trial has ended. */
  const settled = (): void => {
    trail.flush()
    if (awaiting === null || awaiting.canary.end === null) return
    awaiting.resolve(awaiting.canary.end)
    awaiting = null
  }
  /** The promise of how the trial ends that `begin` begins. */
  const trialOf = (begin: () => void): Promise<CanaryEnd> => {
    begin()
    const { onTrial } = host.loop
    trail.flush()
    return new Promise((resolve) => {
      awaiting = { canary: onTrial as Canary, resolve }
    })
  }
  const hear = (input: unknown): Hearing | null => {
    if (timer === null) return null
    const hearing = host.hear(input, nowUs())
    settled()
    // What is not saved is not said.
    return kept?.keep(host) === false ? NOT_SAVED : hearing
  }
  const tick = (): void => {
    host.tick(nowUs())
    settled()
    kept?.keep(host)
  }
  const begin = (into: ReadonlyArray<AuditSink>): void => {
    // Both begin at one time: a replay knows no other.
    const atUs = nowUs()
    trail.start(atUs, into)
    host.start(atUs)
    trail.flush()
    timer = setInterval(tick, TICK_MS)
    ;(timer as { unref?: () => void }).unref?.()
  }
  const takeAndBegin = async (keeper: KeptTuner): Promise<void> => {
    const journal = await keeper.take()
    begin([journal, ...sinks])
    // Nobody has heard of this epoch before it is kept.
    if (keeper.save(host, false)) return
    await end()
    throw new AuditError({ reason: "open", sink: "state", detail: keeper.trouble ?? "it cannot be written" })
  }
  const end = (): Promise<void> => {
    if (timer === null) return Promise.resolve()
    clearInterval(timer)
    timer = null
    host.withdraw()
    kept?.save(host, true)
    host.command("stop")
    settled()
    return trail.stop()
  }
  const command = (asked: "trip" | "reset"): void => {
    host.tick(nowUs())
    host.command(asked)
    settled()
    kept?.keep(host)
  }
  return {
    start: () => {
      if (ended === null) starting ??= kept === null ? Promise.resolve(begin(sinks)) : takeAndBegin(kept)
      return starting ?? Promise.resolve()
    },
    // A start that fails has nothing to end.
    stop: () => {
      if (starting === null) return Promise.resolve()
      ended ??= kept === null ? end() : starting.then(end, () => {})
      return ended
    },
    transport: (report) => {
      // As over a network: what the owner hands out is nobody's to change, and what it is handed neither.
      const hearing = hear(structuredClone(report))
      if (hearing?.status === 200) return Promise.resolve(structuredClone(hearing.body))
      const { status, body } = hearing ?? NOT_RUNNING
      return Promise.reject(new RefusedReport(status, body))
    },
    handle: (request, response) => {
      if (request.method !== "POST" || request.url?.split("?")[0] !== REPORT_PATH) return false
      if (token !== undefined && !sameText(request.headers.authorization ?? "", `Bearer ${token}`)) {
        send(response, 401, { error: "the token is missing or wrong", problems: [] })
        request.resume()
        return true
      }
      // Nothing of it would come any more.
      if (request.readableEnded) {
        send(response, 500, { error: "another handler has read the body of the report", problems: [] })
        return true
      }
      readBody(request, (text) => {
        if (text === null) return send(response, 413, TOO_LARGE)
        const hearing = hear(attempt(() => JSON.parse(text) as unknown))
        const { status, body } = hearing ?? NOT_RUNNING
        send(response, status, body)
      })
      return true
    },
    status: () => ({ ...host.status(), began: host.began, unsaved: kept?.trouble ?? null }),
    replicas: () => host.replicas(),
    audit: trail.audit,
    rollOut: (values) => trialOf(() => host.rollOut(values as Readonly<Record<string, number>>)),
    rollOutVariant: (variant) => trialOf(() => host.rollOutVariant(variant)),
    withdraw: () => {
      host.withdraw()
      settled()
    },
    trip: () => command("trip"),
    reset: () => command("reset"),
  }
}

const noDisk = (options: TunerOptions): ReadonlyArray<Problem> =>
  optionsOf(options).state === undefined
    ? []
    : [
        problem(
          ["state"],
          "must be left out: it needs a disk, which is not available here.",
          'Under Node import from "arqon/replica".',
        ),
      ]
