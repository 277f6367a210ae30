/**
 * One random life of a growing host, by its number: commands of a person, a policy that answers anything, faults that strike between
 * boundaries, blueprints that break in quarantine or later. A `Witness` looks at what comes of it.
 */
import { createHash } from "node:crypto"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import { BLUEPRINTS } from "../../../src/morph/blueprints/catalogue.ts"
import { OPERATORS } from "../../../src/morph/contracts/Host.ts"
import { FAULTS } from "../../../src/morph/grafting/graftEvents.ts"
import { PLAIN_COMMANDS } from "../../../src/morph/grafting/GraftTable.ts"
import { GrowthCore } from "../../../src/morph/growth/GrowthCore.ts"
import { NeuralHost } from "../../../src/morph/neural/NeuralHost.ts"
import { heuristic } from "../../../src/morph/policy/heuristic.ts"
import { inlinePolicy } from "../../../src/morph/policy/PolicyAnswer.ts"
import { Chance } from "../../sequences/Chance.ts"
import { LATE_FAULTS, randomCatalogue, randomGrafting, randomSetup } from "./randomHost.ts"
import { liveIn, Witness } from "./Witness.ts"

/** What a life came to. */
export interface LifeReport {
  readonly breaches: ReadonlyArray<string>
  /** "from to" of every transition. */
  readonly moves: ReadonlyArray<string>
  readonly epochs: number
  readonly commands: number
  readonly refused: number
  /** A graft came past gate G3. */
  readonly past: boolean
  /** Of every boundary with its decisions, and of every word of host and grafts at it. */
  readonly digest: string
}

const SOUND = BLUEPRINTS.map(({ name }) => name)
/** More than the longest embargo, reset and resume take. */
const LAST_EPOCHS = 40

/** What is asked of the host itself, and so of its twin too. */
type Order = (core: GrowthCore) => unknown

class Life {
  private readonly chance: Chance
  private readonly core: GrowthCore
  private readonly twin: GrowthCore
  private readonly witness: Witness
  private readonly blueprints: ReadonlyArray<string>
  /** Orders that the policy has given at this boundary. */
  private readonly given: Array<Order> = []
  private readonly digest = createHash("sha256")
  private commands = 0
  private refused = 0
  private quiet = false
  /** Whether the person asks for every graft on probation to be kept. */
  private readonly keeps: boolean

  constructor(seed: number) {
    const chance = new Chance(seed)
    this.chance = chance
    const setup = randomSetup(chance)
    const catalogue = randomCatalogue(chance)
    this.blueprints = catalogue.map(({ name }) => name)
    const grafting = randomGrafting(chance)
    const kind = chance.of(["none", "heuristic", "random", "random"] as const)
    const now = () => 0
    const policy = inlinePolicy(kind, (packet) => {
      if (this.quiet) return null
      return kind === "heuristic" ? heuristic(packet) : this.answer()
    })
    this.core = new GrowthCore({
      host: new NeuralHost({ ...setup, catalogue }),
      catalogue,
      grafting,
      policy: kind === "none" ? null : policy,
      now,
    })
    this.twin = new GrowthCore({
      host: new NeuralHost({ ...setup, catalogue: [] }),
      catalogue: [],
      policy: null,
      now,
    })
    const width = setup.options.shape.reduce((product, n) => product * n, 1)
    this.witness = new Witness(this.core, this.twin, setup.data.validation.inputs.slice(0, 3 * width))
    this.keeps = chance.is(0.8)
    this.watchPolicy()
  }

  run(): LifeReport {
    const { chance, core, witness } = this
    const epochs = chance.whole(15, 45)
    while (core.epochs < epochs && core.mode !== "halted") {
      for (let asked = chance.whole(0, 3) - 1; asked > 0; asked--) this.command()
      if (chance.is(0.02)) this.fault()
      if (this.keeps)
        for (const { slot, state } of core.table.lives)
          if (state === "probationary")
            attempt(() => core.ask(slot, { type: "fossilize", why: "to keep it" }))
      this.boundary()
    }
    if (core.mode !== "halted") this.finish()
    const { breaches, moves, past } = witness
    return {
      breaches,
      moves,
      epochs: core.epochs,
      commands: this.commands,
      refused: this.refused,
      past,
      digest: this.digest.digest("hex"),
    }
  }

  private boundary(): void {
    this.given.length = 0
    const now = this.core.next()
    this.digest.update(JSON.stringify(now)).update(this.core.host.copy())
    const alone = this.twin.next()
    for (const order of this.given) attempt(() => order(this.twin))
    this.witness.boundary(now, alone, this.given.length > 0)
  }

  /** What a policy has carried out on the host itself, the twin has carried out after it. */
  private watchPolicy(): void {
    const { core } = this
    const { host } = core
    const adjust = host.adjust.bind(host)
    host.adjust = (change) => {
      this.given.push(({ host: other }) => other.adjust(change))
      adjust(change)
    }
    const rollback = core.rollback.bind(core)
    core.rollback = (why) => {
      this.given.push((other) => other.rollback(why))
      return rollback(why)
    }
  }

  /** Something that a person asks for, sensible or not. */
  private command(): void {
    const { chance, core, witness } = this
    const socket = chance.is(0.95) ? chance.of(core.sockets).name : "nowhere"
    const why = chance.is(0.97) ? "by chance" : " "
    const asks = chance.of<readonly [string, Order]>([
      ["germinate", this.germination(socket, why)],
      ["germinate", this.germination(socket, why)],
      ["germinate", this.germination(socket, why)],
      ["step", this.step(socket, why)],
      ["step", this.step(socket, why)],
      ["pause", (one) => one.pause(why)],
      ["resume", (one) => one.resume(why)],
      ["resume", (one) => one.resume(why)],
      ["adjust", this.adjustment()],
      ["rollback", (one) => one.rollback(why)],
      chance.is(0.1)
        ? ["close", (one) => one.ask(socket, { type: "terminate", why })]
        : ["pause", (one) => one.pause(why)],
    ])
    const [what, order] = asks
    const before = witness.standing()
    const outcome = attempt(() => order(core))
    this.commands++
    if (outcome instanceof GrowthError) {
      this.refused++
      witness.refused(what, before)
    }
    if (what === "adjust" || what === "rollback")
      witness.orders(what, [said(outcome), said(attempt(() => order(this.twin)))])
  }

  /** One in three is sound, and one in three is so at first. */
  private someBlueprint(): string {
    return this.chance.of(this.chance.of([SOUND, LATE_FAULTS, this.blueprints]))
  }

  private germination(socket: string, why: string): Order {
    const { chance } = this
    const blueprint = chance.is(0.97) ? this.someBlueprint() : "nobody"
    const parameters = chance.of<Record<string, number>>([
      {},
      {},
      { hidden: chance.whole(1, 12) },
      { hidden: 0 },
      { rank: 1 },
    ])
    const operator = chance.of(OPERATORS)
    return (one) => one.germinate(socket, { blueprint, why, parameters, operator })
  }

  private step(socket: string, why: string): Order {
    const { chance } = this
    const type = chance.of(PLAIN_COMMANDS)
    return chance.is(0.9)
      ? (one) => one.ask(socket, { type, why })
      : (one) => one.ask(socket, { type, why, graft: "g1" })
  }

  private adjustment(): Order {
    const rate = this.chance.of([0, 0.001, 0.01, 0.05, 3e38, -1])
    return ({ host }) => host.adjust({ rate })
  }

  private fault(): void {
    const live = liveIn(this.core)
    if (live.length === 0) return
    const fault = this.chance.of(FAULTS.filter((name) => name !== "seniorCulled"))
    // It moves a graft between two boundaries, and uses up the next one.
    for (const { from, to } of this.core.table.fault(this.chance.of(live), fault))
      this.witness.moves.push(`${from} ${to}`)
  }

  /** What a policy of somebody else might say. */
  private answer(): unknown {
    const { chance, core } = this
    const socket = chance.is(0.9) ? chance.of(core.sockets).name : "nowhere"
    const blueprint = this.someBlueprint()
    const why = "by chance"
    const risk = chance.is(0.9) ? 0 : chance.next()
    return chance.of<unknown>([
      null,
      null,
      { type: "graft", operation: "germinate", socket, blueprint, why, risk },
      { type: "graft", operation: "germinate", socket, blueprint, why, risk },
      { type: "graft", operation: chance.of(PLAIN_COMMANDS.slice(0, 8)), socket, why, risk },
      { type: "graft", operation: "fossilize", socket, why },
      chance.is(0.5) ? { type: "optimiser", factor: 0.1 + chance.next(), why, risk } : null,
      chance.is(0.3) ? { type: "rollback", why } : null,
      chance.is(0.3) ? { type: "pause", boundaries: chance.whole(1, 4), why } : null,
      chance.is(0.2)
        ? { type: "emergency", level: chance.of(["notice", "elevated", "conservative", "halt"]), why }
        : null,
      chance.of<unknown>(["text", Number.NaN, { type: "graft" }, { type: "optimiser", factor: -1, why }]),
    ])
  }

  /** Everything that lives is culled, and has its time to be taken out. */
  private finish(): void {
    const { core } = this
    this.quiet = true
    attempt(() => core.resume("the end"))
    for (let i = 0; i < LAST_EPOCHS && core.mode !== "halted"; i++) {
      for (const { name } of core.sockets) attempt(() => core.ask(name, { type: "cancel", why: "the end" }))
      for (const slot of liveIn(core)) attempt(() => core.ask(slot, { type: "cull", why: "the end" }))
      this.boundary()
    }
    this.witness.end()
  }
}

/** What a call gives, or the refusal that it throws. */
function attempt(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    if (error instanceof GrowthError) return error
    throw error
  }
}

const said = (outcome: unknown): unknown => (outcome instanceof GrowthError ? outcome.message : outcome)

/** The life of this number. */
export const lifeOf = (seed: number): LifeReport => new Life(seed).run()
