/**
 * The owner of a tuner in one process, without clock and transport: what a request says goes in with its time, what to answer comes out. A
 * handler of requests, an in-process agent and a test drive it. Nobody else owns this tuner: a cluster gives it an epoch.
 */
import type { CanaryEnd, CanaryState, VariantTrial } from "../cohort/Canary.ts"
import { answerFor } from "../cohort/answers.ts"
import type { CohortLoop } from "../cohort/CohortLoop.ts"
import type { Gathering } from "../cohort/quorum.ts"
import { type CohortStanding, successorOf } from "../cohort/CohortStanding.ts"
import { knobHash } from "../cohort/knobHash.ts"
import { makeCohort } from "../cohort/makeCohort.ts"
import type { Pair } from "../cohort/order.ts"
import { type Answer, readReport, type Refusal, type Role } from "../cohort/protocol.ts"
import type { EngineSettings } from "../domain/Config.ts"
import { ConfigError, type Problem } from "../domain/errors.ts"
import { problem, tidy } from "../domain/problems.ts"
import { keptBaseline } from "../domain/Resumption.ts"
import { MILLISECOND_US } from "../domain/Units.ts"
import { TRIP_REASONS, type TripReason, type Verdict, type VerdictReason } from "../domain/words.ts"
import { byName } from "../domain/listOf.ts"
import { COHORT_COMMANDS, type CohortCommand } from "../cohort/cohortCommands.ts"
import { readCandidate } from "../cohort/readCandidate.ts"
import { readVariant } from "../cohort/readVariant.ts"
import { type Standstill, standstillOf, standstillProblem } from "./standstill.ts"
import { readTunerOptions, type TunerOptions } from "./tunerOptions.ts"

/** One replica, as its tuner knows it. */
export interface ReplicaStatus {
  readonly replica: string
  readonly boot: string
  readonly zone: string
  readonly version: string
  readonly role: Role
  readonly confirmed: Pair
  /** Whether it runs what it was told last. */
  readonly current: boolean
  readonly silent: boolean
  /** A later start has this name: this one takes no part until that one is gone. Where both report, two replicas share a name. */
  readonly replaced: boolean
  readonly refused: Refusal | null
  /**
   * The newest pair that it ever took, where it refuses older ones, as after a database was restored. `arqon cluster epoch --after` wants an
   * epoch that is at least this.
   */
  readonly seen: Pair | null
  /** How long ago it was heard. */
  readonly agoMs: number
  /**
   * How much it counted in the last stage that closed: its share of the mean of the side it stood on then, from 0 to 1. 0: left out, as one
   * of the extremes. Null: it was on no side of that stage, or had not measured enough.
   */
  readonly weight: number | null
}

/** Where a tuner stands. */
export interface TunerStatus {
  readonly epoch: number
  readonly generation: number
  /** Whether it draws the next stage, measures one, decides on what was read, or tunes nothing (`cohortMachine`). */
  readonly state: Gathering
  /** What it waits for while it is frozen: `resume` of a person who paused it, what ends SafeMode, a start. Null: it tunes. */
  readonly waitsFor: Standstill | null
  /** How long the pace of its guardrails, a cooldown or the timer of SafeMode keeps it where it is. Null: none of them does. */
  readonly movesInMs: number | null
  readonly design: string
  readonly cycles: number
  readonly stages: number
  readonly expiries: number
  readonly safeMode: TripReason | null
  /** Replicas were found to interfere, so pairs are tried on all of them in turns, for good. */
  readonly interferes: boolean
  readonly base: Readonly<Record<string, number>>
  /** Where a rollback leads; null: there is none yet, and it leads to the base. */
  readonly baseline: Readonly<Record<string, number>> | null
  /** What the control replicas have shown, after each turn of a comparison; null before the first, and without one. */
  readonly comparison: ComparisonStatus | null
  /** The last candidate; null: there was none. */
  readonly canary: CanaryStatus | null
}

/** The base against the baseline, on control replicas and as many on the base. */
export interface ComparisonStatus {
  readonly verdict: Verdict
  readonly reason: VerdictReason
  /** Turns that were compared since the base was last put elsewhere. */
  readonly turns: number
  readonly evidence: number
  /** What the evidence must reach for a rollback. */
  readonly threshold: number
  /** Base less baseline in the last turn; null where it could not be used. */
  readonly difference: number | null
}

/** A candidate, and what its canaries have shown. */
export interface CanaryStatus {
  /** Name of the variant that it stands for; null: a person's values. */
  readonly variant: string | null
  readonly values: Readonly<Record<string, number>>
  /** What has become of it; null: it is on trial. */
  readonly end: CanaryEnd | null
  readonly turns: number
  /** Evidence that it is worse than the base, and that it is not; 100 decides. */
  readonly worse: number
  readonly sound: number
  /** Mean difference over the turns, candidate less base, in loss; null before the first. */
  readonly difference: number | null
}

/** What a request is answered: an HTTP status, and a body for JSON. */
export interface Hearing {
  readonly status: 200 | 400 | 404 | 409 | 429 | 503
  readonly body: Answer | HearingRefusal
}

export interface HearingRefusal {
  readonly error: string
  readonly problems: ReadonlyArray<Problem>
  /** When to ask again, where that would help. */
  readonly retryAfterMs?: number
}

/** Microseconds between two looks at all replicas that reports lead to: with a thousand of them a look costs more than a report. */
const LOOK_US = 5_000

const refusal = (status: 400 | 404 | 409, error: string, problems: ReadonlyArray<Problem>): Hearing => ({
  status,
  body: { error, problems },
})

export class TunerHost {
  readonly name: string
  readonly settings: EngineSettings
  readonly loop: CohortLoop
  private readonly table: string
  /** How it began, in a sentence; null: from the start of its settings, or not yet. */
  began: string | null = null
  private readonly left: CohortStanding | null
  private lookedUs = Number.NEGATIVE_INFINITY
  private runs = false

  /** Throws a ConfigError that lists every problem of the options, and `more`. `left`: what the owner before left behind. */
  constructor(given: TunerOptions, left: CohortStanding | null = null, more: ReadonlyArray<Problem> = []) {
    const { name, epoch, settings, cohort, records } = readTunerOptions(given, more)
    this.name = name
    this.settings = settings
    this.table = knobHash(settings.space)
    this.left = left
    const policy = { safeModeUs: 0, rollbacksPerHour: 0, nowUs: 0 }
    // Where it begins does not depend on when.
    const place = left === null ? null : successorOf(left, settings.space, policy).resumption
    this.loop = makeCohort(settings, cohort, epoch, place, { records })
  }

  /** Begins to tune, at this time, from the start or where the owner before stood. */
  start(nowUs: number): void {
    const next = this.successor(nowUs)
    this.runs = true
    this.loop.hot.nowCell[0] = nowUs
    if (next === null) return this.loop.start()
    const { from, warnings } = next.resumption
    this.began = [from.why, ...warnings].join(" ")
    this.loop.takeOver(next, keptBaseline(this.settings.space, next.resumption))
  }

  /** What it begins with at this time; null: from the start of its settings. */
  successor(nowUs: number): CohortStanding | null {
    const { safeModeUs } = this.loop.options
    const { rollbacksPerHour } = this.loop.hot.executor.policy
    return this.left && successorOf(this.left, this.settings.space, { nowUs, safeModeUs, rollbacksPerHour })
  }

  /** Takes a report as it came, at this time, and says what to answer. Total: no input makes it throw. */
  hear(input: unknown, nowUs: number): Hearing {
    const read = readReport(input)
    if (!read.ok) return refusal(400, "this is no report", read.problems)
    const report = read.value
    if (report.tuner !== this.name)
      return refusal(404, "there is no tuner of this name", [
        problem(["tuner"], "is not known here.", `Known: ${this.name}.`),
      ])
    if (report.table !== this.table)
      return refusal(409, "the replica has other knobs", [
        problem(
          ["table"],
          "belongs to other knobs.",
          "Give replica and tuner the same names, bounds, scales and steps.",
        ),
      ])
    if (nowUs - this.lookedUs >= LOOK_US) this.tick(nowUs)
    else this.advance(nowUs)
    const waitUs = this.loop.roster.admit(report, nowUs)
    if (waitUs > 0) {
      const retryAfterMs = Math.ceil(waitUs / MILLISECOND_US)
      return { status: 429, body: { error: "too many reports", problems: [], retryAfterMs } }
    }
    const before = this.loop.roster.find(report.replica, report.boot)
    this.loop.take(report)
    // A goodbye is answered too.
    const entry = this.loop.roster.find(report.replica, report.boot) ?? before
    if (entry === undefined) return refusal(409, "the replica has left", [])
    return { status: 200, body: answerFor(this.loop, this.settings.space.names, entry) }
  }

  /** Carries out what a person asks, and records it, so that a replay can repeat it. */
  command(asked: CohortCommand): void {
    const { loop } = this
    loop.hot.journalCommand(COHORT_COMMANDS[asked])
    if (asked === "stop") this.runs = false
    loop[asked]()
  }

  /** Lets time pass, as long as that leads to something. */
  tick(nowUs: number): void {
    this.advance(nowUs)
    this.lookedUs = nowUs
    this.loop.tick()
  }

  /** Starts of replicas that were not heard for longer than their lease. */
  lapsed(): ReadonlyArray<string> {
    const { roster, hot } = this.loop
    const { leaseUs } = this.loop.cohort
    const over = roster.all.filter(({ heardUs }) => hot.nowCell[0] - heardUs > leaseUs)
    return over.map(({ boot }) => boot)
  }

  private advance(nowUs: number): void {
    const { nowCell } = this.loop.hot
    if (nowUs > nowCell[0]) nowCell[0] = nowUs
  }

  replicas(): ReadonlyArray<ReplicaStatus> {
    const { roster, hot, pair } = this.loop
    const now = hot.nowCell[0]
    return roster.all.map((entry) => ({
      replica: entry.replica,
      boot: entry.boot,
      zone: entry.zone,
      version: entry.version,
      role: this.loop.place(entry).role,
      confirmed: entry.confirmed,
      current: entry.confirmed[0] === pair[0] && entry.confirmed[1] === pair[1],
      silent: entry.replaced || roster.isSilent(entry, now),
      replaced: entry.replaced,
      refused: entry.refused,
      seen: entry.seen,
      agoMs: Math.max(0, now - entry.heardUs) / 1000,
      weight: entry.weight,
    }))
  }

  status(): TunerStatus {
    const { loop } = this
    const { executor, config } = loop.hot
    const trip = Atomics.load(executor.latch, 0)
    return {
      epoch: loop.epoch,
      generation: config.generation,
      state: loop.gathering,
      waitsFor: standstillOf(loop, this.runs),
      movesInMs: this.movesInMs(),
      design: loop.design,
      cycles: loop.cycles,
      stages: loop.stages,
      expiries: loop.expiries,
      interferes: loop.interferes,
      safeMode: trip === 0 ? null : (TRIP_REASONS[trip] as TripReason),
      base: this.named(executor.base),
      baseline: this.baseline(),
      comparison: comparisonStatus(loop),
      canary: this.canaryStatus(),
    }
  }

  private movesInMs(): number | null {
    const { dueUs, hot } = this.loop
    const ms = (dueUs - hot.nowCell[0]) / MILLISECOND_US
    return ms > 0 && Number.isFinite(ms) ? ms : null
  }

  private baseline(): Readonly<Record<string, number>> | null {
    const { config } = this.loop.hot
    if (!config.hasBaseline) return null
    const units = new Float64Array(config.knobs)
    config.baselineUnits(units)
    return this.named(units)
  }

  private canaryStatus(): CanaryStatus | null {
    const { canary } = this.loop
    if (canary === null) return null
    const { units, end, turns, worse, sound, difference, variant } = canary
    return {
      variant: variant?.name ?? null,
      values: this.named(units),
      end,
      turns,
      worse,
      sound,
      difference: turns === 0 ? null : difference,
    }
  }

  /**
   * Puts a candidate on the canaries; the rest follow once it is shown to be no worse. `values`: some knobs or all, user units; the others
   * stay as on the base. Throws a ConfigError that lists every problem; nothing changes then.
   */
  rollOut(values: Readonly<Record<string, number>>): void {
    const { loop, settings } = this
    this.tryOut(readCandidate(values, settings.space, loop.hot.executor.base))
  }

  /** The same for the values of an approved variant. A turn that breaks one of its constraints counts against it, too. */
  rollOutVariant(variant: unknown): void {
    const { loop, settings } = this
    const { base } = loop.hot.executor
    this.tryOut(readVariant(variant, settings.space, { base, sign: loop.options.sign }))
  }

  /** Goes on with a trial that another owner has begun. `values`: all knobs; `variant`: null for a person's values. Throws as `rollOut`. */
  resumeTrial(values: unknown, variant: unknown, from: CanaryState): void {
    const { loop, settings } = this
    const { base } = loop.hot.executor
    const place = readCandidate(values, settings.space, base)
    const of = variant === null ? {} : readVariant(variant, settings.space, { base, sign: loop.options.sign })
    this.tryOut("problems" in of || "problems" in place ? { ...place, ...of } : { ...of, ...place }, from)
  }

  /** Unit space as values by name, user units. */
  named(units: ArrayLike<number>): Readonly<Record<string, number>> {
    const { names, table } = this.settings.space
    return byName(names, (i) => table.decode(i, units[i]))
  }

  private tryOut(
    read:
      | { readonly units: Float64Array; readonly trial?: VariantTrial }
      | { readonly problems: ReadonlyArray<Problem> },
    from?: CanaryState,
  ): void {
    const { loop } = this
    const why = standstillOf(loop, this.runs)
    const problems = [
      ...("problems" in read ? read.problems : []),
      ...(loop.onTrial === null
        ? []
        : [
            problem(
              ["rollOut"],
              "cannot begin: another candidate is on trial.",
              "Wait for it, or withdraw it.",
            ),
          ]),
      ...(why === null ? [] : [standstillProblem(why)]),
    ]
    if (problems.length > 0 || "problems" in read) throw new ConfigError({ problems: tidy(problems) })
    loop.tryOut(read.units, read.trial, from)
  }

  /** Ends the trial of a candidate, if there is one. */
  withdraw(): void {
    if (this.loop.onTrial !== null) this.loop.endTrial("withdrawn")
  }
}

function comparisonStatus({ comparison }: CohortLoop): ComparisonStatus | null {
  const verdict = comparison?.verdict ?? null
  if (verdict === null) return null
  const { verdict: word, reason, pairs, evidence, threshold, difference } = verdict
  return { verdict: word, reason, turns: pairs, evidence, threshold, difference }
}
