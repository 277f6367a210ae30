/**
 * When an agent reports: the timer and the exchanges of one replica. It sends one report at a time, goes to the next address after a
 * failure, and asks each address again when that one has said. It holds no process open, and never throws into the service.
 */
import { drawAt } from "../cohort/counter.ts"
import { attempt } from "../domain/readInput.ts"
import type { ReplicaCore } from "./ReplicaCore.ts"
import { type Link, RefusedReport, type TraceReport } from "./transport.ts"

/** How far apart two looks at the time are at most. */
const LOOK_MS = 100
/** A request may take this many reports. */
const TIMEOUT_REPORTS = 2
/**
 * Shortest and longest wait before the next address is tried. The draw starts between the shortest and half a second and doubles its
 * reach with each failure in a row, so that a lost request costs little and forty replicas do not all ask the next gateway at once.
 */
const LEAST_JITTER_MS = 100
const FIRST_JITTER_MS = 500
const MOST_JITTER_MS = 5000

export const monotonicUs = (): number => performance.now() * 1000

/** A timer that holds no process open. */
function later(run: () => void, ms: number): ReturnType<typeof setTimeout> {
  const timer: ReturnType<typeof setTimeout> & { unref?: () => void } = setTimeout(run, ms)
  timer.unref?.()
  return timer
}

export interface ReportLoopParts {
  readonly core: ReplicaCore
  readonly link: Link
  /** A word that no other agent has: what the waits are drawn from. */
  readonly boot: string
  readonly trace: TraceReport | undefined
  /** Time has passed, or an answer or a failure has come. */
  readonly changed: () => void
  readonly answered: () => void
}

export class ReportLoop {
  private readonly parts: ReportLoopParts
  private running = false
  private timer: ReturnType<typeof setTimeout> | null = null
  private dueUs = 0
  /** The exchange under way. */
  private exchange: Promise<void> | null = null
  private failuresInARow = 0
  /** Until when the addresses have asked to be left alone. */
  private readonly notBeforeUs = new Map<number, number>()

  constructor(parts: ReportLoopParts) {
    this.parts = parts
  }

  start(): void {
    this.running = true
    this.look()
  }

  /** Stops the timer. What is under way moves nothing any more. */
  stop(): void {
    this.running = false
    if (this.timer !== null) clearTimeout(this.timer)
  }

  /** Says goodbye once the report under way is over: were that one to arrive after it, the owner would wait for a replica that is gone. */
  goodbye(): Promise<void> {
    const { exchange, timeoutMs } = this
    if (exchange === null) return this.send(true)
    return Promise.race([
      exchange,
      // A transport that never settles does not keep a service from ending.
      new Promise<void>((resolve) => later(resolve, timeoutMs)),
    ]).then(() => this.send(true))
  }

  private readonly look = (): void => {
    if (!this.running) return
    const { core, changed } = this.parts
    const nowUs = monotonicUs()
    core.tick(nowUs)
    changed()
    if (this.exchange === null && nowUs >= this.dueUs) {
      this.dueUs = nowUs + core.reportUs
      void this.send(false)
    }
    this.timer = later(this.look, Math.min(LOOK_MS, Math.max(1, (this.dueUs - nowUs) / 1000)))
  }

  private get timeoutMs(): number {
    return Math.max(LOOK_MS, (TIMEOUT_REPORTS * this.parts.core.reportUs) / 1000)
  }

  private send(leaving: boolean): Promise<void> {
    const { core, link, trace, changed, answered } = this.parts
    const sentUs = monotonicUs()
    const { timeoutMs } = this
    const asked = link.addresses.at
    this.exchange = Promise.resolve()
      .then(() => {
        const report = core.report(leaving)
        return trace === undefined
          ? link.send(report, timeoutMs)
          : tracedSend(trace, (traceparent) => link.send(report, timeoutMs, traceparent))
      })
      .then(
        (answer) => {
          // An answer that was under way when it stopped moves nothing any more.
          if (this.running && core.answer(answer, sentUs, monotonicUs()) === "invalid")
            this.failed(asked, null)
          else {
            this.failuresInARow = 0
            // An owner may want to hear from it sooner than it had planned.
            this.dueUs = Math.min(this.dueUs, sentUs + core.reportUs)
          }
          answered()
        },
        (error: unknown) => {
          core.fail(reasonOf(error), error instanceof RefusedReport && error.malformed)
          this.failed(asked, error instanceof RefusedReport ? error : null)
        },
      )
      .finally(() => {
        this.exchange = null
        changed()
      })
    return this.exchange
  }

  /**
   * An owner that has too many reports has them through every gateway, and is asked again when it said. After anything else the next address
   * is asked, after a while that no other replica waits: a gateway that cannot reach the owner says when it wants to be asked again, too, and
   * says so for ever while it is cut off.
   */
  private failed(asked: number, refusal: RefusedReport | null): void {
    const { addresses } = this.parts.link
    const retryAfterMs = refusal?.retryAfterMs ?? null
    const nowUs = monotonicUs()
    this.failuresInARow++
    if (retryAfterMs !== null) this.notBeforeUs.set(asked, nowUs + retryAfterMs * 1000)
    if (addresses.count === 1 || (refusal?.status === 429 && retryAfterMs !== null)) {
      if (retryAfterMs !== null) this.dueUs = nowUs + retryAfterMs * 1000
      return
    }
    addresses.moveOn(asked)
    const waitUs = this.jitterMs(retryAfterMs ?? MOST_JITTER_MS) * 1000
    this.dueUs = Math.max(nowUs + waitUs, this.notBeforeUs.get(addresses.at) ?? 0)
  }

  /** At most as long as the address that was asked would have had it wait. */
  private jitterMs(atMostMs: number): number {
    const { failuresInARow } = this
    const most = Math.min(MOST_JITTER_MS, FIRST_JITTER_MS * 2 ** (failuresInARow - 1), atMostMs)
    const share = drawAt([this.parts.boot, "address", failuresInARow]) / 2 ** 32
    return LEAST_JITTER_MS + share * Math.max(0, most - LEAST_JITTER_MS)
  }
}

/** Sends within a span of the user's own. What that does, or fails to do, neither holds nor loses a report. */
function tracedSend(trace: TraceReport, send: (traceparent?: string) => Promise<unknown>): Promise<unknown> {
  let sent: Promise<unknown> | null = null
  const sendOnce = (traceparent?: string): Promise<unknown> => (sent ??= send(traceparent))
  void Promise.resolve(
    attempt(() => trace((traceparent) => sendOnce(traceparent).then(() => undefined))),
  ).catch(() => undefined)
  return sendOnce()
}

/** An error in one line, with what lies behind it: `fetch` says only that it failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
