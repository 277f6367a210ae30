/**
 * One short life of an engine with all temporal parts on (regimes, stability, rules with a shield, deadlines, meta level) against a
 * plant that does its worst within what was assumed of it: the load goes where the rule breaks if it can, readings are missing, late or
 * no numbers, p99 jumps over its limit, people trip, reset and roll back. Says what of the safety promises did not hold.
 */
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { resolveGuardrails } from "../../src/control/guardrails.ts"
import { createEngine } from "../../src/index.node.ts"
import type { ArqonEngine, EngineOptions } from "../../src/index.ts"
import { Chance } from "../sequences/Chance.ts"
import { Witness } from "../sequences/Witness.ts"
import { drawGame, type Game, inBin } from "./game.ts"

/** What became of a run. */
export interface AgentVerdict {
  readonly seed: number
  /** Empty where everything held. */
  readonly breaches: ReadonlyArray<string>
  readonly digests: number
  readonly records: number
  /** Moves of the tuner, those that a shield clipped, violations of the written rule, and times that SafeMode opened. */
  readonly applies: number
  readonly clipped: number
  readonly violated: number
  readonly openings: number
  readonly replayed: boolean
}

const EVERY_US = 20_000
const LIMIT_US = 200_000
/** As the meta level bounds itself: factors of where a gain began. */
const REACH: Readonly<Record<string, number>> = { floor: 12, trustTarget: 2, windows: 4 }
/** Every so many runs are run again from their record. */
const REPLAYED = 50
/** One run of so many is long enough for regimes and the stability watch. */
const LONG = 40

/** @param shielded false: the shield is left out, to see that the judge notices */
export async function agentRun(seed: number, shielded = true): Promise<AgentVerdict> {
  const run = new AgentRun(seed, shielded)
  await run.live()
  return run.verdict()
}

class AgentRun {
  private readonly seed: number
  private readonly chance: Chance
  private readonly game: Game
  private readonly witness = new Witness(() => undefined)
  private readonly options: EngineOptions
  private readonly engine: ArqonEngine
  private readonly onViolation: "trip" | "rollback"
  private readonly digests: number
  private readonly aims: ReadonlyArray<number>
  private load: number
  private violated = 0
  /** Records that were looked at, and whether one of them was a safety action since the rule could last be kept. */
  private heard = 0
  private excused = false

  constructor(seed: number, shielded: boolean) {
    this.seed = seed
    const chance = new Chance(seed)
    this.chance = chance
    this.game = drawGame(chance)
    this.load = this.game.load
    this.digests = chance.is(1 / LONG) ? 600 : chance.whole(20, 80)
    this.onViolation = chance.of(["trip", "rollback"] as const)
    this.aims = this.game.names.map(() => chance.of([-1, 1]))
    const { table } = this.game
    this.options = {
      params: this.game.params,
      extras: ["load"],
      seed: chance.whole(0, 1_000_000),
      clock: "manual",
      window: { digests: chance.whole(1, 2), us: 400_000, settleUs: 0 },
      guardrails: chance.is(0.3)
        ? chance.of(["conservative", "balanced", "aggressive"] as const)
        : {
            preset: "aggressive",
            maxStep: 0.3,
            rangePerMinute: 1,
            pathPerMinute: 1_000,
            turnsPerMinute: 1_000,
            appliesPerSecond: 1_000,
            minIntervalUs: 0,
          },
      guard: chance.is(0.5),
      safeMode: { exit: chance.of(["timer", "objectiveRecovery"] as const) },
      audit: { digests: true, memory: 100, capacity: 1_024 },
      homeostasis: { key: "temporal", windows: 4, cycles: 2, stableUs: 0, canary: 2, canaryDeadline: 4 },
      stability: true,
      schedule: true,
      meta: { depth: chance.of([1, 2] as const) },
      rules: [
        ...(shielded ? [{ name: "shielded", shield: table, onViolation: "warn" as const }] : []),
        { name: "limit", formula: "p99 < 200ms", onViolation: this.onViolation },
        { formula: "p99 < 190ms", onViolation: "warn", warning: { horizon: 5, onWarning: "hold" } },
      ],
      sinks: [this.witness.sink],
    }
    this.engine = createEngine(this.options)
  }

  async live(): Promise<void> {
    const { engine, witness } = this
    await engine.start()
    const gains = engine.getSnapshot().meta?.gains ?? {}
    for (let i = 0; i < this.digests; i++) this.step(i)
    const snapshot = engine.getSnapshot()
    for (const [name, start] of Object.entries(gains)) {
      const factor = (snapshot.meta?.gains[name] ?? Number.NaN) / start
      const most = REACH[name] * (1 + 1e-9)
      if (!(factor <= most && factor >= 1 / most)) witness.breach(`${name} is ${factor} times its start`)
    }
    const late = engine.schedule()?.analyses.reduce((sum, one) => sum + one.late, 0)
    if (late !== 0) witness.breach(`${late} analyses were late in manual time`)
    witness.mayLetGo(engine.audit.state().written)
    await engine.stop()
    const { values, base, baseline } = engine.getSnapshot()
    if (!same(values, base) && !same(values, baseline)) witness.breach("the plant is left perturbed")
    this.judge()
  }

  verdict(): AgentVerdict {
    const { seed, witness, digests, violated } = this
    const count = (kind: string, reason?: string): number =>
      witness.words.filter((one) => one.kind === kind && (reason === undefined || one.reason === reason))
        .length
    return {
      seed,
      breaches: witness.breaches,
      digests,
      records: witness.words.length,
      applies: count("apply"),
      clipped: count("rule", "clipped"),
      violated,
      openings: count("safeModeEntered"),
      replayed: seed % REPLAYED === 0,
    }
  }

  /** The plant answers the knobs as they are, then reports; the engine decides. */
  private step(i: number): void {
    const { engine, chance, game } = this
    const timestampUs = engine.nowUs + chance.of([EVERY_US, EVERY_US, EVERY_US, 1_000, 700_000])
    engine.tick(timestampUs)
    if (chance.is(0.03)) this.command()
    const knobs = game.names.map((name) => game.binOf(engine.values[name]))
    this.load = this.worst(knobs)
    this.judgeState(i, knobs)
    if (chance.is(0.02)) engine.observe({ objective: Number.NaN, timestampUs })
    const over = chance.is(0.03)
    const known = !chance.is(0.03)
    const late = chance.is(0.03)
    const objective = game.names.reduce(
      (sum, name, k) => sum + this.aims[k] * engine.values[name],
      0.3 * chance.next(),
    )
    engine.observe({
      objective,
      timestampUs: late ? timestampUs - 10_000_000 : timestampUs,
      throughputRps: 100 + 50 * Math.sin(i / 2),
      latencyP99Us: over ? LIMIT_US + 1 : LIMIT_US * (0.5 + 0.4 * chance.next()),
      ...(known ? { extras: { load: inBin(this.load, chance) } } : {}),
    })
    if (over && !late) this.judgeRetreat(i)
  }

  /**
   * From a state in which the rule can be kept, the tuner's moves keep it. A safety action goes to the base or the baseline, wherever
   * that is: what it leads to is excused until the plant is in such a state again.
   */
  private judgeState(i: number, knobs: ReadonlyArray<number>): void {
    const { witness, game, load } = this
    for (; this.heard < witness.words.length; this.heard++)
      if (witness.words[this.heard].kind === "rollback") this.excused = true
    if (game.winning(knobs, load)) this.excused = false
    else if (!this.excused)
      witness.breach(`digest ${i}: moves of the tuner led to where the rule cannot be kept`)
  }

  /** Where the load goes: where the rule is broken, if it can; else anywhere that it may. */
  private worst(knobs: ReadonlyArray<number>): number {
    const { game, chance, load } = this
    const [least, most] = game.reach(knobs, load)
    for (let to = least; to <= most; to++) if (game.broken(knobs, to)) return to
    return chance.whole(least, most)
  }

  private command(): void {
    const { engine, chance, witness } = this
    const command = chance.of(["trip", "reset", "reset", "rollback"] as const)
    if (command === "reset") {
      witness.mayLetGo(engine.audit.state().written)
      engine.reset()
    } else if (command === "trip") {
      engine.trip()
      witness.isTripped(engine.audit.state().written)
    } else if (engine.getSnapshot().baseline !== null) engine.rollback()
  }

  /** The written rule was violated in the digest that has just been taken. */
  private judgeRetreat(i: number): void {
    const { engine, witness, onViolation } = this
    this.violated++
    const { safeMode, values, base, baseline } = engine.getSnapshot()
    // SafeMode may end with the very digest: the plant stays on its baseline, and the next digest decides.
    const { atUs = 0 } = witness.words.findLast(({ kind }) => kind === "safeModeExited") ?? {}
    if (onViolation === "trip" && safeMode === null && atUs < engine.nowUs)
      witness.breach(`digest ${i}: p99 is over its limit and SafeMode is not open`)
    if (!same(values, baseline ?? base))
      witness.breach(`digest ${i}: p99 is over its limit away from the baseline`)
  }

  private judge(): void {
    const { witness, options, seed } = this
    const { sinks: _, ...config } = options
    const { space, guardrails } = requireEngineConfig(config)
    witness.judge(space.table, resolveGuardrails(guardrails).maxStep)
    let open = false
    for (const { kind, seq } of witness.words) {
      if (kind === "safeModeEntered") open = true
      if (kind === "safeModeExited") open = false
      if (open && kind === "apply") witness.breach(`record ${seq} is an apply in SafeMode`)
    }
    if (seed % REPLAYED === 0) witness.judgeReplay()
  }
}

const same = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>> | null): boolean =>
  b !== null && Object.entries(a).every(([name, value]) => b[name] === value)
