/**
 * The homeostasis cache as one object over the pure functions beside it: feed it windows and cycles, ask it for a plan, save
 * it as JSON. One needs it to go back to a configuration that was good the last time the load looked like this.
 *
 * ```ts
 * const cache = new HomeostasisCache(space.table, { maxStep: 0.1 })
 * cache.observe({ nowUs, loss, features: { throughputRps } }) // every window
 * cache.cycle({ nowUs, loss, base })                          // every completed cycle
 * const { target, busy } = cache.plan(nowUs, base)            // between cycles, and every window while busy
 * ```
 * It writes nothing: the owner of the cycle proposes `target` as an update, and Tier 1 judges it like any other.
 */
import { DEFAULT_REENTRY } from "./reentry.ts"
import type { KnobTable } from "../hot/KnobTable.ts"
import { regimesAsOf } from "./asOf.ts"
import { type BaseReading, evict, type Eviction, forgetStay, noteBase, scoreOf } from "./homeostasis.ts"
import type { ContextReading, Regime } from "./relocationTypes.ts"
import {
  circlesOf,
  EMPTY_REENTRY,
  longestRetryUs,
  noteWindow,
  planReentry,
  type ReentryPlan,
} from "./reentry.ts"
import type { ReentryPolicy, ReentryState } from "./relocationTypes.ts"

/** What differs from the defaults, and the step limit of the guardrails. */
export interface HomeostasisOptions extends Partial<ReentryPolicy> {
  readonly maxStep: number
}

/** Remembers regimes by their load and plans the way back to them; see the head of this file. Writes nothing; `toJSON` saves it. */
export class HomeostasisCache {
  private readonly table: KnobTable
  private readonly maxStep: number
  private readonly policy: ReentryPolicy
  private readonly periodic: ReadonlyArray<boolean>
  private state: ReentryState
  /** Not told the time yet: what was saved may be of another clock. */
  private saved = true

  /** `saved` is what `toJSON` gave; a re-entry that was under way then is forgotten, since the base is elsewhere now. */
  constructor(
    table: KnobTable,
    { maxStep, ...policy }: HomeostasisOptions,
    saved: ReentryState = EMPTY_REENTRY,
  ) {
    this.table = table
    this.maxStep = maxStep
    this.policy = { ...DEFAULT_REENTRY, ...policy }
    this.periodic = circlesOf(table)
    const regimes = saved.memory.regimes.filter(({ unit }) => unit.length === table.size)
    this.state = { memory: { ...saved.memory, regimes, recent: [], stay: null }, trip: null }
  }

  /** The regimes with their scores, best first. */
  get regimes(): ReadonlyArray<Regime & { readonly score: number }> {
    return this.state.memory.regimes
      .map((regime) => ({ ...regime, score: scoreOf(regime) }))
      .sort((a, b) => b.score - a.score || a.id - b.id)
  }

  /** True while a ramp, a canary or the way back is under way: the tuner should leave the base alone. */
  get busy(): boolean {
    return this.state.trip !== null
  }

  /** Takes one window. During a canary the loss must be that of the unperturbed base. */
  observe(reading: ContextReading): void {
    this.moveTimes(reading.nowUs)
    this.state = noteWindow(this.state, reading, this.policy)
  }

  /** Takes one completed cycle; returns what was evicted to make room. Ignored while busy. */
  cycle(reading: Omit<BaseReading, "periodic">): ReadonlyArray<Eviction> {
    this.moveTimes(reading.nowUs)
    if (this.busy) return []
    const noted = noteBase(this.state.memory, { ...reading, periodic: this.periodic }, this.policy)
    this.state = { ...this.state, memory: noted.state }
    return noted.evictions
  }

  /** The next step of a re-entry, or why there is none. `band` is what Tier 1's budgets leave: `executor.band`. */
  plan(nowUs: number, base: ReadonlyArray<number>, band?: ArrayLike<number>): ReentryPlan {
    this.moveTimes(nowUs)
    const { table, maxStep } = this
    const where = { nowUs, base, table, maxStep, ...(band === undefined ? {} : { band }) }
    const { state, plan } = planReentry(this.state, where, this.policy)
    this.state = state
    return plan
  }

  /** The base was moved by somebody else (a rollback, SafeMode): whatever was under way is over. */
  interrupt(): void {
    this.state = { memory: forgetStay(this.state.memory), trip: null }
  }

  /** Evicts one regime by hand. */
  evict(id: number, nowUs: number): ReadonlyArray<Eviction> {
    const { state, evictions } = evict(this.state.memory, id, "byHand", nowUs)
    this.state = { ...this.state, memory: state }
    return evictions
  }

  private moveTimes(nowUs: number): void {
    if (!this.saved) return
    this.saved = false
    const { memory, trip } = this.state
    this.state = { memory: regimesAsOf(memory, nowUs, longestRetryUs(this.policy)), trip }
  }

  /** Plain data, bounded by the policy. */
  toJSON(): ReentryState {
    return this.state
  }
}
