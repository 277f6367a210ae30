/**
 * The agent of one replica without clock and transport: it takes the steps of `replicaMachine` without an actor. Measurements and answers go in with their times, values and reports come out. A
 * timer and a transport drive it in a service, a loop in virtual time in a test.
 */
import { Follower, type Heard } from "../cohort/Follower.ts"
import { knobHash } from "../cohort/knobHash.ts"
import { type Lease, leaseAfter, NO_LEASE, type Standing, standingAt } from "../cohort/Lease.ts"
import { BEFORE_ALL, type Pair, samePair } from "../cohort/order.ts"
import { type Answer, LARGEST_SUM, PROTOCOL, readAnswer, type Report, type Role } from "../cohort/protocol.ts"
import type { ParamSpace } from "../domain/ParamSpace.ts"
import { MILLISECOND_US } from "../domain/Units.ts"
import { WindowBook } from "./WindowBook.ts"

/** Who a replica is, and what it may do. */
export interface ReplicaIdentity {
  readonly tuner: string
  readonly replica: string
  readonly boot: string
  readonly zone?: string | undefined
  readonly version?: string | undefined
  readonly space: ParamSpace
  /** Step limit of its own guardrails, unit space. */
  readonly maxStep: number
  /** Below this margin it goes to its base at once, also before anybody has told it a margin of theirs. */
  readonly emergencyMargin: number
}

const FIRST_REPORT_MS = 500

export class ReplicaCore {
  readonly follower: Follower
  /** Reports sent, answers taken, requests that failed. */
  sent = 0
  answered = 0
  failed = 0
  /** Why the last request failed; null when it was answered. */
  failure: string | null = null
  /** How long until the next report, as last told. */
  reportUs = FIRST_REPORT_MS * MILLISECOND_US
  safeMode: string | null = null
  private readonly identity: ReplicaIdentity
  private readonly table: string
  private readonly book = new WindowBook()
  private lease: Lease = NO_LEASE
  private nowUs = Number.NEGATIVE_INFINITY
  private emergencyMargin: number
  private settleUs = 0
  private settledAtUs = Number.NEGATIVE_INFINITY
  private emergency: Report["emergency"]
  private seq = 0
  /** Sent and not answered: it is sent again under its number, so that it counts once. */
  private unanswered: Report | null = null
  private values: Float64Array

  constructor(identity: ReplicaIdentity) {
    this.identity = identity
    this.follower = new Follower(identity.space, identity.maxStep)
    this.table = knobHash(identity.space)
    this.emergencyMargin = identity.emergencyMargin
    this.values = this.decoded()
  }

  get standing(): Standing {
    return standingAt(this.lease, this.nowUs)
  }

  get generation(): number {
    return this.follower.generation
  }

  get pair(): Pair {
    return this.follower.confirmed
  }

  /** What the replica stands for now: a role counts while it is followed. */
  get role(): Role {
    return samePair(this.pair, BEFORE_ALL) ? "base" : this.follower.role
  }

  /** The value of a knob in force, user units. */
  value(i: number): number {
    return this.values[i]
  }

  /**
   * One measurement of work that started at `startedUs` under `generation`; what is absent is NaN. False: it counts for nothing,
   * because it is no number or belongs to another configuration. Allocates nothing.
   */
  observe(
    objective: number,
    startedUs: number,
    generation: number,
    latencyUs: number,
    errorRate: number,
    margin: number,
  ): boolean {
    if (objective - objective !== 0 || generation !== this.generation) return false
    if (margin < this.emergencyMargin) this.leave(margin)
    if (startedUs < this.settledAtUs || generation !== this.generation) return false
    this.book.add(objective, latencyUs, errorRate, margin)
    return true
  }

  /** Lets time pass: a lease may end. */
  tick(nowUs: number): void {
    if (!(nowUs > this.nowUs)) return
    const before = this.standing
    this.nowUs = nowUs
    if (this.standing !== before) this.move(() => this.follower.stand(this.standing))
  }

  /** The report to send now: the one before again, if nobody has answered it. */
  report(leaving = false): Report {
    const { tuner, replica, boot, zone, version } = this.identity
    this.closeWindow()
    const again = this.unanswered
    const { refused, seen } = this.follower
    const report: Report = {
      protocol: PROTOCOL,
      tuner,
      replica,
      boot,
      seq: again === null ? this.seq++ : again.seq,
      table: this.table,
      ...(zone === undefined ? {} : { zone }),
      ...(version === undefined ? {} : { version }),
      at: this.pair,
      windows: again === null ? this.book.draw() : again.windows,
      ...(this.emergency === undefined ? {} : { emergency: this.emergency }),
      ...(refused === null ? {} : { refused }),
      ...(refused === "older" ? { seen } : {}),
      ...(leaving ? { leaving } : {}),
    }
    this.unanswered = report
    this.sent++
    return report
  }

  /** Takes what came back for a report sent at `sentUs`. What is no answer counts as a request that failed. */
  answer(input: unknown, sentUs: number, nowUs: number): Heard | "invalid" {
    this.tick(nowUs)
    const read = readAnswer(input)
    if (!read.ok) {
      this.fail("the answer is malformed")
      return "invalid"
    }
    const answer = read.value
    this.failure = null
    if (this.unanswered?.emergency === this.emergency) this.emergency = undefined
    this.unanswered = null
    this.answered++
    const heard = this.follower.take(answer)
    if (heard === "taken") this.follow(answer, sentUs)
    return heard
  }

  /** Nobody has answered, or nothing that helps. A report that the owner refused as malformed is not sent again: it would be refused for ever. */
  fail(why: string, malformed = false): void {
    this.failed++
    this.failure = why
    if (malformed) this.unanswered = null
  }

  /** Ends on the base, or where it has fallen to. */
  rest(): void {
    this.move(() => this.follower.stand(this.standing === "fallen" ? "fallen" : "holding"))
  }

  private follow(answer: Answer, sentUs: number): void {
    const { leaseMs, baselineAfterMs, reportMs, settleMs, emergencyMargin, safeMode } = answer
    this.reportUs = reportMs * MILLISECOND_US
    this.settleUs = settleMs * MILLISECOND_US
    // Its own margin holds where the owner's is laxer.
    this.emergencyMargin = Math.max(emergencyMargin, this.identity.emergencyMargin)
    this.safeMode = safeMode ?? null
    const baselineAfterUs = baselineAfterMs * MILLISECOND_US
    this.lease = leaseAfter(this.lease, sentUs, leaseMs * MILLISECOND_US, baselineAfterUs)
    this.move(() => this.follower.stand(this.standing))
  }

  private leave(margin: number): void {
    // On its way to a candidate it has confirmed nothing, and yet stands where it was sent.
    const asCanary = this.follower.role === "canary" && this.standing === "following"
    const at = asCanary ? this.follower.seen : this.pair
    if (samePair(at, BEFORE_ALL)) return
    const worst =
      this.emergency !== undefined && samePair(this.emergency.at, at) ? this.emergency.margin : margin
    this.emergency = { at, margin: Math.max(-LARGEST_SUM, Math.min(worst, margin)) }
    this.move(() => this.follower.leave())
  }

  /** Another configuration: what was measured belongs to the one before. */
  private move(go: () => void): void {
    const { generation, confirmed } = this.follower
    go()
    if (this.follower.generation === generation) return
    this.closeWindow(confirmed)
    const values = this.decoded()
    // The same values under another pair need no time to settle.
    if (values.some((value, i) => value !== this.values[i])) this.settledAtUs = this.nowUs + this.settleUs
    this.values = values
  }

  private closeWindow(at = this.pair): void {
    if (samePair(at, BEFORE_ALL)) this.book.discard()
    else this.book.close(at)
  }

  private decoded(): Float64Array {
    const { table } = this.identity.space
    return this.follower.live.map((unit, i) => table.decode(i, unit))
  }
}
