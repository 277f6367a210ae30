/**
 * The replicas that an owner knows: who was heard when, what each has confirmed, and what each has measured under the configuration
 * that is live. A report counts once: (replica, boot, seq) tells it apart, however often it is sent again.
 */
import { Allowance } from "./Allowance.ts"
import { BEFORE_ALL, type Pair, samePair } from "./order.ts"
import type { Refusal, Report, Role } from "./protocol.ts"
import type { Member } from "./roles.ts"

/** A replica that was not heard for so many reports is silent. */
const SILENT_AFTER = 3
/** One has so many reports to confirm a stage, ... */
const CONFIRMS_WITHIN = 2
/** ... and is left out once it has missed so many in a row: a lost report is no reason, nor is a way back to the base. */
const LATE_AFTER = 6
/** A silent one is forgotten after so many. */
const FORGOTTEN_AFTER = 120

/** Starts of replicas that are known at once. Each start of a replica without a name is another one. */
export const MOST_REPLICAS = 10_000
/** Reports a second of one replica, and of all together. */
const REPORTS_A_SECOND = 10
const ALL_REPORTS_A_SECOND = 10_000

/** What a replica has measured since it was counted last. */
export interface Measured {
  n: number
  sum: number
  /** Sum of the margins, each by how many measurements it is of, and how many these are. */
  margins: number
  margined: number
  errors: number
  /** The worst of the windows' percentiles; NaN before the first. Of several windows it cannot be known. */
  p99Us: number
}

/** One start of a replica, as the owner knows it. */
export interface RosterEntry extends Member {
  readonly replica: string
  readonly boot: string
  readonly zone: string
  readonly version: string
  seq: number
  heardUs: number
  confirmed: Pair
  refused: Refusal | null
  /** The newest pair that it ever took, where it has said so because it refuses older ones. */
  seen: Pair | null
  /** What was drawn for it in the cycle under way. */
  drawn: Role
  /** Where it stands in the stage under way. */
  side: Role
  /**
   * How much it counted in the last stage that closed: its share of the mean of the side it stood on, 0 where it was left out as one of the
   * extremes. Null: it was on no side, or had not measured enough.
   */
  weight: number | null
  /** Stages in a row that closed before it confirmed them. */
  missed: number
  /** A later boot has the same name, and has neither said goodbye nor been forgotten. */
  replaced: boolean
  readonly measured: Measured
  readonly allowance: Allowance
}

const nothing = (): Measured => ({
  n: 0,
  sum: 0,
  margins: 0,
  margined: 0,
  errors: 0,
  p99Us: Number.NaN,
})

/** What came of a report. */
export type Taken = "counted" | "duplicate" | "left"

export class Roster {
  private readonly entries = new Map<string, RosterEntry>()
  private readonly reportUs: number
  private readonly allowance = new Allowance(ALL_REPORTS_A_SECOND, ALL_REPORTS_A_SECOND)
  /** Reports that were not let in. */
  refused = 0
  /** Reports that were sent again, and windows of a configuration that is live no more. */
  duplicates = 0
  late = 0

  constructor(reportUs: number) {
    this.reportUs = reportUs
  }

  get size(): number {
    return this.entries.size
  }

  get all(): ReadonlyArray<RosterEntry> {
    return [...this.entries.values()]
  }

  find(replica: string, boot: string): RosterEntry | undefined {
    return this.entries.get(keyOf(replica, boot))
  }

  /** Whether a report is let in now: 0, or how long its replica is to wait, microseconds. A goodbye makes room, so it always is. */
  admit({ replica, boot, leaving }: Report, nowUs: number): number {
    const entry = this.find(replica, boot)
    if (leaving === true) return 0
    const waitUs = Math.max(
      this.allowance.waitUs(nowUs),
      entry?.allowance.waitUs(nowUs) ?? this.fullUs(nowUs),
    )
    if (waitUs > 0) this.refused++
    else {
      this.allowance.take()
      entry?.allowance.take()
    }
    return waitUs
  }

  /** Takes a report that was read: what was measured under `live` counts, what was measured before is late. */
  take(report: Report, nowUs: number, live: Pair): Taken {
    const key = keyOf(report.replica, report.boot)
    if (report.leaving === true) {
      this.entries.delete(key)
      return "left"
    }
    const entry = this.entries.get(key) ?? this.add(key, report)
    entry.heardUs = nowUs
    if (report.seq <= entry.seq) {
      this.duplicates++
      return "duplicate"
    }
    entry.seq = report.seq
    entry.confirmed = report.at
    if (samePair(report.at, live)) entry.missed = 0
    entry.refused = report.refused ?? null
    entry.seen = report.seen ?? null
    if (entry.replaced) entry.replaced = this.all.some((other) => other !== entry && replaces(other, entry))
    for (const { at, n, sum, margin, errors, p99 } of report.windows) {
      if (!samePair(at, live)) {
        this.late++
        continue
      }
      const { measured } = entry
      measured.n += n
      measured.sum += sum
      measured.errors += errors
      if (p99 !== undefined && !(measured.p99Us >= p99)) measured.p99Us = p99
      if (margin === undefined) continue
      measured.margins += n * margin
      measured.margined += n
    }
    return "counted"
  }

  /** Forgets what was measured: another configuration is live, or it was counted. */
  clearMeasured(): void {
    for (const { measured } of this.entries.values()) Object.assign(measured, nothing())
  }

  /** A stage has closed, and the replicas of these keys counted in it so much; the others did not. */
  noteWeights(keys: ReadonlyArray<string>, weights: ReadonlyArray<number | null>): void {
    for (const entry of this.entries.values()) entry.weight = null
    keys.forEach((key, i) => {
      const entry = this.entries.get(key)
      if (entry !== undefined) entry.weight = weights[i]
    })
  }

  /** The replicas heard of late, in the order of their keys. */
  present(nowUs: number): ReadonlyArray<RosterEntry> {
    const found = this.all.filter((entry) => !this.isSilent(entry, nowUs) && !entry.replaced)
    return found.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  }

  /** Drops the replicas that are gone for good. */
  forgetGone(nowUs: number): void {
    for (const [key, { heardUs }] of this.entries)
      if (nowUs - heardUs > FORGOTTEN_AFTER * this.reportUs) this.entries.delete(key)
  }

  /** The owner did not listen for so long: nobody was silent in that time. */
  excuse(us: number, nowUs: number): void {
    for (const entry of this.entries.values()) entry.heardUs = Math.min(nowUs, entry.heardUs + us)
  }

  isSilent({ heardUs }: RosterEntry, nowUs: number): boolean {
    return nowUs - heardUs > SILENT_AFTER * this.reportUs
  }

  /** Whether a replica counts among those of which a quorum must have measured: one that confirms late does. */
  isWaitedFor(entry: RosterEntry, nowUs: number): boolean {
    // An answer that was overtaken is no refusal of what is live.
    const refuses = entry.refused !== null && entry.refused !== "older"
    return !(this.isSilent(entry, nowUs) || entry.replaced || refuses || this.isLate(entry))
  }

  /** It confirms one stage after another too late. It is neither drawn nor waited for until it confirms what is live. */
  isLate({ missed }: RosterEntry): boolean {
    return missed >= LATE_AFTER
  }

  /** A stage that began at `sinceUs` under `live` is over: some had time to confirm it, and have not. */
  noteLate(live: Pair, sinceUs: number, nowUs: number): void {
    if (nowUs - sinceUs <= CONFIRMS_WITHIN * this.reportUs) return
    for (const entry of this.entries.values()) if (!samePair(entry.confirmed, live)) entry.missed++
  }

  /** How long a replica that is not known must wait for a place. Those that are silent give theirs up. */
  private fullUs(nowUs: number): number {
    if (this.entries.size < MOST_REPLICAS) return 0
    for (const [key, entry] of this.entries) if (this.isSilent(entry, nowUs)) this.entries.delete(key)
    return this.entries.size < MOST_REPLICAS ? 0 : SILENT_AFTER * this.reportUs
  }

  private add(key: string, { replica, boot, zone = "", version = "" }: Report): RosterEntry {
    for (const other of this.entries.values()) if (other.replica === replica) other.replaced = true
    const entry: RosterEntry = {
      key,
      stratum: JSON.stringify([zone, version]),
      replica,
      boot,
      zone,
      version,
      seq: -1,
      heardUs: 0,
      confirmed: BEFORE_ALL,
      refused: null,
      seen: null,
      drawn: "base",
      side: "base",
      weight: null,
      missed: 0,
      replaced: false,
      measured: nothing(),
      allowance: new Allowance(REPORTS_A_SECOND, REPORTS_A_SECOND),
    }
    this.entries.set(key, entry)
    return entry
  }
}

const replaces = ({ replica, replaced }: RosterEntry, entry: RosterEntry): boolean =>
  replica === entry.replica && !replaced

const keyOf = (replica: string, boot: string): string => `${replica}\0${boot}`
