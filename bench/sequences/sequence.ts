/**
 * One random sequence by its number: telemetry, silence, deaths and commands, the commands also from inside every callback there is,
 * before the start, while it starts, and behind the stop. Says what of the engine's promises did not hold.
 */
import { ConfigError, EngineStateError, NoBaselineError } from "../../src/domain/errors.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { resolveGuardrails } from "../../src/control/guardrails.ts"
import type { EngineOptions, SelectableVariant } from "../../src/index.ts"
import { Chance } from "./Chance.ts"
import { type Knob, manualSubject, type Subject, systemSubject } from "./subject.ts"
import { Witness } from "./Witness.ts"

/** What became of a sequence. */
export interface Verdict {
  readonly seed: number
  /** Empty where everything held. */
  readonly breaches: ReadonlyArray<string>
  readonly records: number
  /** Commands by name, and how many of them were given inside a callback. */
  readonly commands: Readonly<Record<string, number>>
  readonly inside: number
  readonly refused: number
  readonly replayed: boolean
  /** The steps, where they were asked for. */
  readonly trace: ReadonlyArray<string>
}

const KNOBS = {
  batch: { min: 1, max: 256, scale: "log", step: 1, initial: 200 },
  level: { min: 1, max: 5, step: 1, initial: 2 },
  timeout: { min: 0, max: 10, initial: 2 },
} as const

const PRESETS = ["conservative", "balanced", "aggressive"] as const
const COMMANDS = [
  "trip",
  "trip",
  "reset",
  "reset",
  "rollback",
  "setBaseline",
  "setGuardrails",
  "evict",
  "offer",
  "observe",
  "tick",
] as const
/** Rarely: what follows it is refused. */
const ENDS = ["stop", "start"] as const
type Command = (typeof COMMANDS)[number] | (typeof ENDS)[number]

interface Listened {
  readonly subscribe: (observer: { readonly next: () => void; readonly error: () => void }) => unknown
}

/** Errors that a command may end with, where it may. */
const isRefusal = (error: unknown): boolean =>
  error instanceof EngineStateError || error instanceof NoBaselineError || error instanceof ConfigError

export async function sequence(seed: number, traced = false): Promise<Verdict> {
  const run = new Sequence(seed, traced)
  await run.live()
  return run.verdict()
}

class Sequence {
  private readonly seed: number
  private readonly chance: Chance
  private readonly witness: Witness
  private readonly options: EngineOptions<Knob>
  private readonly manual: boolean
  private readonly engine: Subject
  private readonly trace: Array<string> | null
  private readonly counts: Record<string, number> = {}
  private readonly pending: Array<Promise<void>> = []
  private phase: "new" | "starting" | "running" | "stopped" = "new"
  private nowUs = 1000
  /** Commands that callbacks may still give in this step. */
  private budget = 0
  private depth = 0
  /** Counts every call, to know whether another was made within one. */
  private calls = 0
  private inside = 0
  private refused = 0
  private deaths = 0
  private digests = 0

  constructor(seed: number, traced: boolean) {
    this.seed = seed
    this.chance = new Chance(seed)
    this.trace = traced ? [] : null
    const { chance } = this
    this.manual = chance.is(0.75)
    this.witness = new Witness(() => this.interject("sink"))
    const relocates = chance.is(0.3)
    this.options = {
      params: KNOBS,
      seed: chance.whole(0, 1_000_000),
      guardrails: chance.of(PRESETS),
      objective: chance.of(["minimize", "maximize"] as const),
      window: { digests: chance.whole(1, 3), us: 400_000, settleUs: chance.of([0, 5000]) },
      safeMode: { exit: chance.of(["timer", "manualReset", "objectiveRecovery"] as const) },
      audit: { digests: true },
      ...(relocates
        ? {
            homeostasis: { windows: 4, cycles: 2, stableUs: 0, still: 0.3, canary: 2, canaryDeadline: 4 },
            variants: { cooldownUs: 0, stay: 1, trials: 1 },
          }
        : {}),
      sinks: [this.witness.sink],
      ...(chance.is(0.15) ? { inspect: () => this.interject("inspect") } : {}),
    }
    this.engine = (this.manual ? manualSubject : systemSubject)(this.options)
  }

  async live(): Promise<void> {
    const { chance } = this
    this.listen()
    if (chance.is(0.3)) this.command("outside")
    this.begin()
    // A start that waits for something is found waiting.
    if (chance.is(0.3)) this.command("outside")
    await Promise.allSettled(this.pending)
    const steps = chance.whole(2, 7)
    for (let i = 0; i < steps; i++) {
      this.step()
      if (!this.manual && chance.is(0.3)) await new Promise((resolve) => setImmediate(resolve))
    }
    this.budget = 3
    this.call("stop", "outside")
    await Promise.allSettled(this.pending)
    this.command("outside")
    await Promise.allSettled(this.pending)
    this.judge()
  }

  verdict(): Verdict {
    const { seed, counts, inside, refused, trace, witness } = this
    return {
      seed,
      breaches: witness.breaches,
      records: witness.words.length,
      commands: counts,
      inside,
      refused,
      replayed: this.deaths === 0,
      trace: trace ?? [],
    }
  }

  /** Everybody who can listen does, and gives commands. */
  private listen(): void {
    const { engine, witness } = this
    for (let i = 0; i < 3; i++) {
      const heard = witness.listener()
      engine.audit.subscribe((record) => {
        heard(record)
        this.interject("audit")
      })
    }
    if (this.chance.is(0.35))
      engine.subscribe({
        next: () => this.interject("subscribe"),
        error: () => this.interject("error"),
        complete: () => this.interject("complete"),
      })
    engine.windows$.subscribe({
      next: () => this.interject("windows$"),
      complete: () => this.interject("windows$ complete"),
    })
    engine.relocation.onSwitch(() => this.interject("onSwitch"))
    this.follow()
  }

  /** The actors, once more where others have taken their place. */
  private follow(): void {
    const { actor } = this.engine
    const { children } = actor.getSnapshot()
    const listen = (name: string) => ({ next: () => this.interject(name), error: () => this.interject(name) })
    actor.subscribe(listen("actor"))
    for (const [name, child] of Object.entries(children))
      (child as Listened | undefined)?.subscribe(listen(name))
  }

  private begin(): void {
    this.phase = "starting"
    this.calls++
    this.budget = this.chance.whole(0, 3)
    this.note("start")
    this.pending.push(
      this.engine.start().then(
        () => {
          if (this.phase === "starting") this.phase = "running"
        },
        (error: unknown) => {
          if (!isRefusal(error)) this.witness.breach(`start() failed with ${String(error)}`)
        },
      ),
    )
  }

  private step(): void {
    const { chance } = this
    this.budget = chance.is(0.7) ? chance.whole(0, 3) : 0
    const draw = chance.next()
    if (draw < 0.5) this.report(chance.whole(1, 9))
    else if (draw < 0.9) this.command("outside")
    else if (draw < 0.95) this.call("tick", "outside")
    else if (draw < 0.97 && this.phase === "running") this.breakRoot()
    else this.follow()
  }

  private report(count: number): void {
    this.note(`${count} digests`)
    for (let i = 0; i < count; i++) {
      this.nowUs += 20_000
      this.call("tick", "plain")
      this.call("observe", "plain")
    }
  }

  /** Something that no machine can read. */
  private breakRoot(): void {
    this.note("break")
    this.deaths++
    this.engine.actor.send({
      type: "tick",
      get nowUs(): number {
        throw new Error("the machine broke")
      },
    })
    this.follow()
  }

  private command(where: string): void {
    const { chance } = this
    this.call(chance.is(0.03) ? chance.of(ENDS) : chance.of(COMMANDS), where)
  }

  /** In a callback. */
  private interject(where: string): void {
    if (this.budget <= 0 || this.depth > 4 || !this.chance.is(0.2)) return
    this.budget--
    this.inside++
    this.command(where)
  }

  private call(command: Command, where: string): void {
    if (where !== "plain") {
      this.note(`${command} in ${where}`)
      this.counts[command] = (this.counts[command] ?? 0) + 1
    }
    const { engine, witness } = this
    if (command === "stop" || command === "reset") witness.mayLetGo(engine.audit.state().written)
    if (command === "start") return this.begin()
    if (command === "stop") return this.stop()
    const call = ++this.calls
    this.depth++
    let error: unknown = null
    let check = (): string | null => null
    try {
      check = this.perform(command)
    } catch (thrown) {
      error = thrown
    }
    this.depth--
    if (error !== null) this.judgeError(command, where, error)
    // What others asked for meanwhile, they asked for later.
    else if (this.calls === call) {
      const wrong = check()
      if (wrong !== null) witness.breach(`${command} in ${where}: ${wrong}`)
    }
  }

  /** Does it, and gives back how to tell that it was done. */
  private perform(command: Exclude<Command, "start" | "stop">): () => string | null {
    const { engine, chance, witness } = this
    const state = () => engine.getSnapshot()
    switch (command) {
      case "observe":
        engine.observe(this.digest())
        return () => null
      case "tick":
        engine.tick((this.nowUs += chance.of([0, 1000, 20_000, 600_000, 5_000_000])))
        return () => null
      case "trip":
        engine.trip()
        return () => {
          witness.isTripped(engine.audit.state().written)
          const { mode, safeMode } = state()
          return mode === "safe" && safeMode?.exit === "manualReset"
            ? this.notOnBase()
            : "SafeMode is not open"
        }
      case "reset": {
        const before = sum(state().counters.trips)
        engine.reset()
        return () =>
          state().mode === "adapting" || sum(state().counters.trips) > before ? null : "SafeMode is open"
      }
      case "rollback":
        engine.rollback()
        return () =>
          same(state().values, state().baseline) ? null : "the plant does not stand on its baseline"
      case "setBaseline":
        engine.setBaseline()
        return () => (same(state().base, state().baseline) ? null : "the base is not the baseline")
      case "setGuardrails": {
        const preset = chance.of(PRESETS)
        engine.setGuardrails(preset)
        return () => (state().guardrails.preset === preset ? null : "another policy is in force")
      }
      case "evict": {
        const regimes = engine.relocation.regimes()
        const { id } = regimes.length > 0 ? chance.of(regimes) : { id: 1 }
        const had = engine.relocation.evict(id)
        const is = () => engine.relocation.regimes().some((regime) => regime.id === id)
        return () => (had === regimes.length > 0 && !is() ? null : "the regime is still there, or never was")
      }
      case "offer": {
        const offered = offers(chance)
        engine.relocation.offer(offered)
        const names: ReadonlyArray<string | null> = [null, ...offered.map(({ name }) => name)]
        return () =>
          names.includes(engine.relocation.variant()) ? null : "a variant is live that is not on offer"
      }
    }
  }

  private stop(): void {
    this.calls++
    this.pending.push(
      this.engine.stop().then(undefined, (error: unknown) => {
        this.witness.breach(`stop() failed with ${String(error)}`)
      }),
    )
    this.phase = "stopped"
    const wrong = this.engine.getSnapshot().status === "stopped" ? this.notOnBase() : "it is not stopped"
    if (wrong !== null) this.witness.breach(`stop: ${wrong}`)
  }

  /** A getter of it may give a command. */
  private digest(): { readonly objective: number; readonly constraintMargin: number } {
    const { chance, engine } = this
    const { timeout, batch } = engine.values
    const objective =
      ((timeout - 7) / 10) ** 2 + Math.log(batch / 20) ** 2 / 30 + 0.01 * Math.sin(this.digests++ * 12.9898)
    const constraintMargin = chance.is(0.005) ? -5 : 1
    if (!chance.is(0.02)) return { objective, constraintMargin }
    const interject = () => this.interject("digest")
    return {
      constraintMargin,
      get objective() {
        interject()
        return objective
      },
    }
  }

  private notOnBase(): string | null {
    const { values, base, baseline } = this.engine.getSnapshot()
    return same(values, base) || same(values, baseline) ? null : "the plant is left perturbed"
  }

  private judgeError(command: Command, where: string, error: unknown): void {
    this.refused++
    const reason = error instanceof EngineStateError ? error.reason : null
    const { status, baseline } = this.engine.getSnapshot()
    const due =
      status === "idle"
        ? reason === "notStarted"
        : status === "stopped"
          ? reason === "stopped"
          : (command === "rollback" && error instanceof NoBaselineError && baseline === null) ||
            (command === "offer" && error instanceof ConfigError && this.options.variants === undefined) ||
            ((command === "evict" || command === "offer") && reason === "frozen" && this.deaths > 0)
    if (!due) this.witness.breach(`${command} in ${where} while ${status} failed with ${String(error)}`)
  }

  private judge(): void {
    const { witness, options } = this
    const { inspect: _, sinks: __, ...config } = options
    const { space, guardrails } = requireEngineConfig({ ...config, clock: "manual" })
    witness.judge(space.table, resolveGuardrails(guardrails).maxStep)
    // What no record tells of is not repeated: here the machine was broken from outside.
    if (this.deaths === 0) witness.judgeReplay()
  }

  private note(what: string): void {
    this.trace?.push(what)
  }
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, count) => all + count, 0)

const same = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>> | null): boolean =>
  b !== null && Object.entries(a).every(([name, value]) => b[name] === value)

function offers(chance: Chance): ReadonlyArray<SelectableVariant> {
  return ["a", "b", "c"].slice(0, chance.whole(0, 3)).map((name) => ({
    name,
    version: 1,
    state: "approved",
    values: chance.is(0.5) ? { mode: chance.whole(1, 3) } : { mode: 1, level: chance.whole(1, 5) },
    constraints: [{ channel: "errorRate", of: "outcome", atMost: 0.1 }],
    rollback: { to: "previous", afterBreaches: 1, quarantineUs: 0 },
  }))
}
