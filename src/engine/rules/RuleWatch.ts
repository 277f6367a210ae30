/**
 * Watches the rules of an engine on the way of every digest, and does what each asks for when it is violated, within the same call:
 * Tier 1 first, then the actors. A violation is recorded with its margin and the digest that decides. Per digest there are only
 * numbers in arrays; words are made when something happens.
 */
import * as Effect from "effect/Effect"
import type { EngineSettings } from "../../domain/Config.ts"
import type { ConfigError } from "../../domain/errors.ts"
import { RULE_HOLDS, RULE_UNKNOWN, RULE_VIOLATED } from "../../control/RuleMonitor.ts"
import { requireRules, type Rule } from "../../control/ruleBook.ts"
import type { RuleWarning } from "../../control/RuleWarning.ts"
import { clippedNote, lostNote, ruleNote, warningNote } from "../../control/ruleTexts.ts"
import type { GivenFields } from "../../domain/records.ts"
import type { RuleAction, RuleState } from "../../domain/Rule.ts"
import type { RuleReason } from "../../domain/words.ts"
import {
  ACCEPTED,
  NOT_TRIPPED,
  RETURN_TO_BASE,
  ROLLBACK,
  TRIP_RULE_VIOLATED,
  VISIT_BASELINE,
} from "../../hot/codes.ts"
import { P_NOW_US } from "../../hot/SafetyExecutor.ts"
import { writeRecord } from "../../../machines/hotAudit.ts"
import type { Metric } from "../metrics/Metric.ts"
import { ruleMetrics } from "./ruleMetrics.ts"
import type { RuledEngine, RuleHost, RuleParts, WatchedRules } from "../contract/RuleParts.ts"
import { ProposalShields } from "./ProposalShields.ts"
import { WatchedRule, type WatchedShield } from "./WatchedRule.ts"

class RuleWatch implements WatchedRules {
  private readonly host: RuleHost
  private readonly rules: ReadonlyArray<WatchedRule>
  private shields: ProposalShields | null = null

  constructor(host: RuleHost, rules: ReadonlyArray<Rule>, maxAgeUs: number) {
    this.host = host
    this.rules = rules.map((rule) => new WatchedRule(rule, maxAgeUs))
    this.attach()
  }

  attach(): void {
    const { hot } = this.host
    hot.onDigest = this.observe
    const shields = this.rules.flatMap(({ shield }, i) =>
      shield === null ? [] : [{ lookup: shield.lookup, clipped: this.clipped.bind(this, i) }],
    )
    this.shields = shields.length === 0 ? null : new ProposalShields(hot, shields)
    const holding = this.rules.some(
      ({ warning, monitor }) => warning?.onWarning === "hold" || monitor.rule.onViolation !== "warn",
    )
    if (holding || this.shields !== null) hot.onProposal = this.propose
  }

  readonly states = (): ReadonlyArray<RuleState> => this.rules.map(({ state }) => state)

  readonly metrics = (): ReadonlyArray<Metric> => ruleMetrics(this.states())

  /** What is left of a proposal: while the tuner is held, the base. */
  private readonly propose = (asked: number): number => {
    const { holds, shields } = this
    if (holds && asked === VISIT_BASELINE) return -1
    const kind = holds ? RETURN_TO_BASE : asked
    return shields === null ? kind : shields.propose(kind)
  }

  /**
   * Something keeps the tuner from moving: a warning that stands, or a rule that is violated on the baseline. There nothing is left to
   * do for it, but SafeMode or a cooldown may end with this very digest.
   */
  private get holds(): boolean {
    return this.rules.some(
      ({ warning, monitor, failing }) =>
        (failing && monitor.rule.onViolation !== "warn") || (warning?.onWarning === "hold" && warning.stands),
    )
  }

  readonly observe = (): boolean => {
    const { rules, host } = this
    const { digest, config } = host.hot
    let acted = false
    for (let i = 0; i < rules.length; i++) {
      const { monitor, since, saidUnknown, shield, warning } = rules[i]
      monitor.observe(digest, config)
      const { status } = monitor
      if (status === RULE_VIOLATED || monitor.overdue) acted = this.fails(i) || acted
      // What is unknown has not recovered.
      else if (status === RULE_HOLDS) {
        if (saidUnknown || since[0] === since[0]) this.recovers(i)
      } else if (status === RULE_UNKNOWN && !saidUnknown && since[0] !== since[0]) this.unknown(i)
      if (shield !== null) {
        if (shield.lookup.observe(digest, config)) acted = this.lost(i, shield) || acted
        else if (shield.lost) this.found(shield)
      }
      if (warning !== null && warning.observe(rules[i].marginNow)) acted = this.warns(i, warning) || acted
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
    one.said.atUs = hot.nowUs
    one.said.text = this.record(i, reason, act || rule.onViolation === "warn" ? rule.onViolation : "none")
    if (act) this.carryOut(rule.onViolation)
    this.host.publish()
    return act
  }

  /** Whether there is something to do: a plant on its baseline in SafeMode is as safe as it can be. */
  private needs(action: RuleAction): boolean {
    const { isBack, latch } = this
    if (action === "trip") return latch !== TRIP_RULE_VIOLATED && (latch === NOT_TRIPPED || !isBack)
    return action === "rollback" && !isBack
  }

  private get latch(): number {
    return Atomics.load(this.host.hot.executor.latch, 0)
  }

  /** On the baseline, or on the base while there is none. */
  private get isBack(): boolean {
    const { executor, config } = this.host.hot
    return executor.lastKind === ROLLBACK || (!config.hasBaseline && executor.onBase)
  }

  private carryOut(action: RuleAction): void {
    const { host } = this
    if (action === "rollback") {
      host.rollBack()
      if (this.isBack) return
    }
    // Where nobody has carried out a rollback, nothing less than SafeMode is safe.
    const { hot } = host
    hot.executor.proposal[P_NOW_US] = hot.nowUs
    if (!hot.config.hasBaseline || hot.rollback() !== ACCEPTED) hot.returnToBase()
    hot.executor.openLatch(TRIP_RULE_VIOLATED)
    host.tripped()
  }

  private unknown(i: number): void {
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
    const { monitor } = this.rules[i]
    const witness = reason === "violated" ? monitor.witness() : null
    const note = ruleNote(monitor, reason, witness)
    this.write(i, reason, note, { action, value: witness?.value, witnessUs: witness?.atUs })
    return note
  }

  private write(i: number, reason: RuleReason, note: string, given: GivenFields<"rule">): void {
    const { hot, trail } = this.host
    const { margin } = this.rules[i].monitor
    trail.withNote("rule", note, () =>
      writeRecord(hot, "rule", hot.nowUs, { rule: i, reason, margin, ...given }),
    )
  }

  /** A shield left less of a proposal than was asked for. */
  private clipped(i: number, said: number, asked: ReadonlyArray<number>, left: ReadonlyArray<number>): void {
    const { shield, monitor } = this.rules[i]
    if (shield === null) return
    const note = clippedNote(monitor.rule.name, shield.lookup, said, asked, left)
    shield.clipped++
    shield.said.text = note
    shield.said.atUs = this.host.hot.nowUs
    this.write(i, "clipped", note, { action: "hold" })
  }

  /** The plant is where no move keeps the rule. True where it was brought to safety. */
  private lost(i: number, shield: WatchedShield): boolean {
    const { name, onViolation } = this.rules[i].monitor.rule
    const act = this.needs(onViolation)
    if (shield.lost && !act) return false
    shield.lost = true
    const action = act || onViolation === "warn" ? onViolation : "none"
    this.write(i, "lost", lostNote(name, shield.lookup), { action })
    if (act) this.carryOut(onViolation)
    this.host.publish()
    return act
  }

  private found(shield: WatchedShield): void {
    shield.lost = false
    this.host.publish()
  }

  /** A warning begins, or has passed. True where the plant was brought to safety. */
  private warns(i: number, { early, onWarning, stands }: RuleWarning): boolean {
    const { name } = this.rules[i].monitor.rule
    const { probability, horizon } = early
    const reason = stands ? "foreseen" : "passed"
    // SafeMode is more than a warning may ask for.
    const act = stands && onWarning === "rollback" && this.latch === NOT_TRIPPED && this.needs("rollback")
    const action = stands && (act || onWarning !== "rollback") ? onWarning : "none"
    this.write(i, reason, warningNote(name, probability, horizon), { action, value: probability })
    if (act) this.carryOut("rollback")
    this.host.publish()
    return act
  }
}

const hostOf = (engine: RuledEngine): RuleHost => {
  const { hot, trail, actor, tree } = engine
  return {
    hot,
    trail,
    publish: () => engine.publish(),
    rollBack: () => {
      if (tree.alive) actor.send({ type: "rollbackRequested", nowUs: hot.nowUs })
    },
    tripped: () => {
      if (tree.alive) actor.send({ type: "trip", reason: "ruleViolated", nowUs: hot.nowUs, secured: true })
    },
  }
}

const rulesOf = (settings: EngineSettings): ReadonlyArray<Rule> =>
  requireRules(settings.rules ?? [], settings)

const watcher: RuleParts["watcher"] = (settings) => {
  const rules = rulesOf(settings)
  return (host) => new RuleWatch(host, rules, settings.window.maxAgeUs)
}

export const ruleParts: RuleParts = {
  check: (settings) => void rulesOf(settings),
  watch: (engine) => {
    if (engine.settings.rules !== null) engine.rules = watcher(engine.settings)(hostOf(engine))
  },
  watcher,
}

/** As `ruleParts.watch`, for an engine that is about to begin. */
export const watchRules = (engine: RuledEngine): Effect.Effect<void, ConfigError> =>
  Effect.try({ try: () => ruleParts.watch(engine), catch: (error) => error as ConfigError })

/** As `ruleParts.check`. */
export const checkRules = (settings: EngineSettings): Effect.Effect<void, ConfigError> =>
  Effect.try({ try: () => ruleParts.check(settings), catch: (error) => error as ConfigError })
