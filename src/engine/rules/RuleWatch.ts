/**
 * Watches the rules of an engine on the way of every digest, and does what each asks for when it is violated, within the same call:
 * Tier 1 first, then the actors. A violation is recorded with its margin and the digest that decides. Per digest there are only
 * numbers in arrays; words are made when something happens.
 */
import * as Effect from "effect/Effect"
import type { EngineSettings } from "../../domain/Config.ts"
import type { ConfigError } from "../../domain/errors.ts"
import {
  RULE_HOLDS,
  RULE_STATUSES,
  RULE_UNKNOWN,
  RULE_UNKNOWNS,
  RULE_VIOLATED,
  RuleMonitor,
} from "../../control/RuleMonitor.ts"
import { requireRules, type Rule } from "../../control/ruleBook.ts"
import { ruleNote } from "../../control/ruleTexts.ts"
import type { RuleAction, RuleState } from "../../domain/Rule.ts"
import { ACCEPTED, NOT_TRIPPED, ROLLBACK, TRIP_RULE_VIOLATED } from "../../hot/codes.ts"
import { P_NOW_US } from "../../hot/SafetyExecutor.ts"
import { writeRecord } from "../../../machines/hotAudit.ts"
import type { RuleHost, RuleParts, WatchedRules } from "../contract/RuleParts.ts"

/** One rule, and what has become of it. */
class Watched {
  readonly monitor: RuleMonitor
  violations = 0
  /** Since when it is violated; NaN while it is not. */
  readonly since = Float64Array.of(Number.NaN)
  last: string | null = null
  lastUs = 0
  /** The record says that it is unknown, and nothing else since. */
  saidUnknown = false

  constructor(rule: Rule, maxAgeUs: number) {
    this.monitor = new RuleMonitor(rule, maxAgeUs)
  }

  get failing(): boolean {
    return !Number.isNaN(this.since[0])
  }

  get state(): RuleState {
    const { monitor, since, violations, last, lastUs } = this
    const { name, text, onViolation, channels } = monitor.rule
    return {
      name,
      formula: text,
      onViolation,
      channels,
      status: RULE_STATUSES[monitor.status],
      margin: monitor.margin,
      violations,
      unknown: monitor.cells[RULE_UNKNOWNS],
      sinceUs: this.failing ? since[0] : null,
      last,
      lastUs: last === null ? null : lastUs,
    }
  }
}

class RuleWatch implements WatchedRules {
  private readonly host: RuleHost
  private readonly rules: ReadonlyArray<Watched>

  constructor(host: RuleHost) {
    const { settings } = host
    this.host = host
    this.rules = requireRules(settings.rules ?? [], settings).map(
      (rule) => new Watched(rule, settings.window.maxAgeUs),
    )
  }

  readonly states = (): ReadonlyArray<RuleState> => this.rules.map(({ state }) => state)

  readonly observe = (): boolean => {
    const { rules, host } = this
    const { digest, config } = host.hot
    let acted = false
    for (let i = 0; i < rules.length; i++) {
      const { monitor, since, saidUnknown } = rules[i]
      monitor.observe(digest, config)
      const { status } = monitor
      if (status === RULE_VIOLATED || monitor.overdue) acted = this.fails(i) || acted
      // What is unknown has not recovered.
      else if (status === RULE_HOLDS) {
        if (saidUnknown || since[0] === since[0]) this.recovers(i)
      } else if (status === RULE_UNKNOWN && !saidUnknown && since[0] !== since[0]) this.lost(i)
    }
    return acted
  }

  /** True where the plant was brought to safety. */
  private fails(i: number): boolean {
    const one = this.rules[i]
    const { rule } = one.monitor
    const { hot } = this.host
    const act = this.needs(rule.onViolation)
    if (one.failing && !act) return false
    if (!one.failing) {
      one.violations++
      one.since[0] = hot.nowUs
    }
    one.saidUnknown = false
    const reason = one.monitor.status === RULE_VIOLATED ? "violated" : "unknown"
    one.lastUs = hot.nowUs
    one.last = this.record(i, reason, act || rule.onViolation === "warn" ? rule.onViolation : "none")
    if (act) this.carryOut(rule.onViolation)
    this.host.publish()
    return act
  }

  /** Whether there is something to do: a plant on its baseline in SafeMode is as safe as it can be. */
  private needs(action: RuleAction): boolean {
    const latch = Atomics.load(this.host.hot.executor.latch, 0)
    const { isBack } = this
    if (action === "trip") return latch !== TRIP_RULE_VIOLATED && (latch === NOT_TRIPPED || !isBack)
    return action === "rollback" && latch === NOT_TRIPPED && !isBack
  }

  /** On the baseline, or on the base while there is none. */
  private get isBack(): boolean {
    const { executor, config } = this.host.hot
    return executor.lastKind === ROLLBACK || (!config.hasBaseline && executor.onBase)
  }

  private carryOut(action: RuleAction): void {
    const { hot, actor, tree } = this.host
    const { executor, nowUs } = hot
    if (action === "rollback") {
      if (tree.alive) actor.send({ type: "rollbackRequested", nowUs })
      if (this.isBack) return
    }
    // Where no actor has carried out a rollback, nothing less than SafeMode is safe.
    executor.proposal[P_NOW_US] = nowUs
    if (!hot.config.hasBaseline || hot.rollback() !== ACCEPTED) hot.returnToBase()
    executor.openLatch(TRIP_RULE_VIOLATED)
    if (tree.alive) actor.send({ type: "trip", reason: "ruleViolated", nowUs, secured: true })
  }

  private lost(i: number): void {
    this.rules[i].saidUnknown = true
    this.record(i, "unknown", "none")
  }

  private recovers(i: number): void {
    this.rules[i].since[0] = Number.NaN
    this.rules[i].saidUnknown = false
    this.record(i, "recovered", "none")
    this.host.publish()
  }

  private record(
    i: number,
    reason: "violated" | "unknown" | "recovered",
    action: RuleAction | "none",
  ): string {
    const { hot, trail } = this.host
    const { monitor } = this.rules[i]
    const witness = reason === "violated" ? monitor.witness() : null
    const note = ruleNote(monitor, reason, witness)
    trail.withNote("rule", note, () =>
      writeRecord(hot, "rule", hot.nowUs, {
        rule: i,
        reason,
        action,
        value: witness?.value,
        margin: monitor.margin,
        witnessUs: witness?.atUs,
      }),
    )
    return note
  }
}

export const ruleParts: RuleParts = {
  check: (settings) => void requireRules(settings.rules ?? [], settings),
  watch: (host) => {
    if (host.settings.rules === null) return
    const watch = new RuleWatch(host)
    host.rules = watch
    host.hot.onDigest = watch.observe
  },
}

/** As `ruleParts.watch`, for an engine that is about to begin. */
export const watchRules = (host: RuleHost): Effect.Effect<void, ConfigError> =>
  Effect.try({ try: () => ruleParts.watch(host), catch: (error) => error as ConfigError })

/** As `ruleParts.check`. */
export const checkRules = (settings: EngineSettings): Effect.Effect<void, ConfigError> =>
  Effect.try({ try: () => ruleParts.check(settings), catch: (error) => error as ConfigError })
