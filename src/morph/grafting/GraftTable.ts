/**
 * The grafts of a host, a life for each socket, and what has to be done at a boundary: measure everything, ask the gates, let each graft
 * move once at most, and have the host perform what follows. It drives any host: a network, a service, or one of your own.
 *
 * Nothing here reads a clock or catches an error. A host that throws leaves the table as it was before the boundary, or part of the way
 * through it: its supervisor goes on from the last good boundary (`standing`).
 */
import type { Problem } from "../../domain/errors.ts"
import { GrowthError } from "../../domain/GrowthError.ts"
import { didYouMean, problem, show } from "../../domain/problems.ts"
import { OPERATIONS } from "../contracts/enums.ts"
import type { Figures, Host } from "../contracts/Host.ts"
import type { FaultName, GraftCommand, GraftEvent, GraftMove, StepName } from "./graftEvents.ts"
import { type GraftLife, lifeWith } from "./GraftLife.ts"
import { embargoOf, lived } from "./lived.ts"
import { type GraftingOptions, requireGraftingOptions } from "./options.ts"
import { isLive, rowOf } from "./transitions.ts"

/** Everything the table knows, as plain data. */
export interface GraftTableStanding {
  readonly boundary: number
  readonly plants: boolean
  /** Sockets whose graft is on probation, the longest first. */
  readonly probation: ReadonlyArray<string>
  readonly lives: ReadonlyArray<GraftLife>
}

/** What a table is made from. */
export interface GraftTableInput {
  readonly host: Host
  /** A `GraftingInput`; read here. */
  readonly options?: unknown
  /** Where another table stood; the host has been restored to the same boundary. */
  readonly standing?: GraftTableStanding
}

/** What is where, of everything that is planted. */
export interface GraftEntry {
  readonly slot: string
  readonly graft: string
  readonly blueprint: string
  readonly owner: string
  readonly state: GraftLife["state"]
}

/** What a boundary has led to. */
export interface BoundaryReport {
  readonly boundary: number
  readonly moves: ReadonlyArray<GraftMove>
  /** Germinations that a gate refused, or that a cautious mode withdrew. */
  readonly refusals: ReadonlyArray<GraftRefusal>
  /** The host was put back on the snapshot of a probation. */
  readonly restored: boolean
}

/** A germination that was refused at a boundary. */
export interface GraftRefusal {
  readonly slot: string
  readonly blueprint: string
  readonly problems: ReadonlyArray<Problem>
}

/** What a boundary takes beside its number. */
export interface BoundaryOptions {
  /** Whether the growth machine's mode lets anything be planted. */
  readonly plants?: boolean
  /** Nothing moves on: a gate that passes waits, and alpha does not rise. Whatever fails is culled all the same. */
  readonly holds?: boolean
  /** What somebody other than the host measures, for every graft: the boundary's time, the governor's panics. */
  readonly shared?: Figures
}

/** What counts of figures that were measured before the host went back: faults, and nothing that could let a gate pass. */
const faultsIn = ({ finite, violations }: Figures): Figures => ({ finite, violations })

/** Whose gate wants numbers. */
const isMeasured = ({ state, request }: GraftLife): boolean =>
  isLive(state) || state === "resetting" || (state === "dormant" && request !== null)

/** The grafts of one host. See the head of the file; `examples/growth-own-host.ts` uses it. */
export class GraftTable {
  private readonly host: Host
  private readonly options: GraftingOptions
  private readonly byName = new Map<string, GraftLife>()
  private figures: ReadonlyMap<string, Figures> = new Map()
  private probation: ReadonlyArray<string>
  private last: number
  private plants: boolean

  /** Throws a `GrowthError` if the host lacks a function, the options cannot be used, or two sockets have one name. */
  constructor({ host, options, standing }: GraftTableInput) {
    const problems = hostProblems(host)
    if (problems.length > 0) throw new GrowthError({ problems })
    this.host = host
    this.options = requireGraftingOptions(options)
    this.probation = standing?.probation ?? []
    this.last = standing?.boundary ?? -1
    this.plants = standing?.plants ?? true
    for (const life of standing?.lives ?? []) this.byName.set(life.slot, life)
    this.takeSockets()
    for (const { slot, state, alpha } of this.byName.values())
      if (isLive(state)) host.mode(slot, rowOf(state).mode, alpha)
  }

  /** Every life, in the order of the sockets. */
  get lives(): ReadonlyArray<GraftLife> {
    return [...this.byName.values()]
  }

  /** What lives in a socket. Throws a `GrowthError` with the nearest name where there is none. */
  lifeOf(slot: string): GraftLife {
    const life = this.byName.get(slot)
    if (life === undefined) throw new GrowthError({ problems: [this.unknown(slot)] })
    return life
  }

  /** What was measured for it at the last boundary; empty where nothing was asked for. */
  figuresOf(slot: string): Figures {
    return this.figures.get(slot) ?? {}
  }

  /** The last boundary; -1 before the first. */
  get boundary(): number {
    return this.last
  }

  /** What is planted where. */
  get entries(): ReadonlyArray<GraftEntry> {
    return this.lives.flatMap(({ slot, state, planting }) =>
      planting === null || state === "dormant"
        ? []
        : [{ slot, graft: planting.graft, blueprint: planting.blueprint, owner: planting.owner, state }],
    )
  }

  /** Sockets that a cull has closed, each with the boundaries that are left of its embargo. */
  get embargoes(): ReadonlyArray<{ readonly slot: string; readonly left: number }> {
    return this.lives.flatMap((life) =>
      life.state === "culled" || life.state === "embargoed"
        ? [{ slot: life.slot, left: embargoOf(life) - life.evidence.stay }]
        : [],
    )
  }

  /** Everything from which another table goes on. */
  get standing(): GraftTableStanding {
    return { boundary: this.last, plants: this.plants, probation: this.probation, lives: this.lives }
  }

  /** Requests; a boundary decides. Empty where it was taken, else all that stands against it, and nothing has changed. */
  command(slot: string, command: GraftCommand): ReadonlyArray<Problem> {
    const problems = this.problemsWith(slot, command)
    if (problems.length === 0) this.apply(slot, command)
    return problems
  }

  /** What stands against a command; asking changes nothing. */
  problemsWith(slot: string, command: GraftCommand): ReadonlyArray<Problem> {
    const life = this.byName.get(slot)
    if (life === undefined) return [this.unknown(slot)]
    const type: unknown = (command as GraftCommand | null | undefined)?.type
    if (!COMMANDS.includes(type as GraftCommand["type"]))
      return [problem(["type"], `is ${show(type)}.`, didYouMean(type, COMMANDS))]
    const problems = this.clashes(command)
    return problems.length > 0 ? problems : (lived(life, command).life.refusal ?? [])
  }

  /** Something that does not wait for the boundary: the graft is culled at once. Empty where nothing is live. */
  fault(slot: string, fault: FaultName, what?: string): ReadonlyArray<GraftMove> {
    const isKnown = this.byName.has(slot)
    const event = { type: "fault", fault, ...(what === undefined ? {} : { what }) } as const
    return isKnown ? this.cascade(slot, this.apply(slot, event)) : []
  }

  /** The host went back to an earlier state: what was shown before does not count. */
  rolledBack(why: string): void {
    for (const slot of this.byName.keys()) this.apply(slot, { type: "rolledBack", why })
  }

  /** The end of an epoch or of an evaluation window. */
  atBoundary(
    boundary: number,
    { plants = true, holds = false, shared = {} }: BoundaryOptions = {},
  ): BoundaryReport {
    if (!Number.isSafeInteger(boundary) || boundary <= this.last)
      throw new GrowthError({
        problems: [
          problem(["boundary"], `must be a whole number above ${this.last}, the last one, got ${boundary}.`),
        ],
      })
    // Everything is measured before anything is changed.
    this.figures = new Map(
      this.lives.filter(isMeasured).map((life) => [life.slot, this.measured(life, shared)]),
    )
    this.last = boundary
    this.plants = plants
    const moves: Array<GraftMove> = []
    const refusals: Array<GraftRefusal> = []
    let restored = false
    for (const slot of this.inOrder()) {
      const { request, planting } = this.lifeOf(slot)
      const blueprint = request?.operation === "germinate" ? planting?.blueprint : undefined
      if (!plants && blueprint !== undefined) this.apply(slot, { type: "cancel", why: NOTHING_NOW })
      const measured = this.figuresOf(slot)
      const figures = restored ? faultsIn(measured) : measured
      const seniors = Math.max(0, this.probation.indexOf(slot))
      const followed = this.cascade(
        slot,
        this.apply(slot, { type: "boundary", boundary, figures, seniors, holds }),
      )
      moves.push(...followed)
      restored ||= followed.some(({ from, to }) => from === "probationary" && to === "culled")
      const problems = plants ? this.lifeOf(slot).refusal : [problem(["germinate"], NOTHING_NOW)]
      if (blueprint !== undefined && problems !== null) refusals.push({ slot, blueprint, problems })
    }
    this.takeSockets()
    return { boundary, moves, refusals, restored }
  }

  /** Grafts on probation first, the longest first: if one is culled, the host goes back for all. */
  private inOrder(): ReadonlyArray<string> {
    return [...new Set([...this.probation, ...this.byName.keys()])]
  }

  /** Those that were put on probation after one that is culled learnt on a host that is gone: they go with it. */
  private cascade(slot: string, move: GraftMove | null): ReadonlyArray<GraftMove> {
    if (move === null) return []
    const place = this.probation.indexOf(slot)
    const younger = place < 0 ? [] : this.probation.slice(place + 1)
    if (move.from === "probationary") this.probation = this.probation.filter((one) => one !== slot)
    if (move.to === "probationary") this.probation = [...this.probation, slot]
    if (move.from !== "probationary" || move.to !== "culled") return [move]
    this.probation = this.probation.filter((one) => !younger.includes(one))
    const followed = younger.flatMap((one) => this.apply(one, { type: "fault", fault: "seniorCulled" }) ?? [])
    this.rolledBack("a graft on probation was culled")
    return [move, ...followed]
  }

  /** Takes an event and has the host perform what follows. */
  private apply(slot: string, event: GraftEvent): GraftMove | null {
    const { life, acts, move } = lived(this.lifeOf(slot), event)
    this.byName.set(slot, life)
    for (const act of acts) {
      if (act.act === "mode") this.host.mode(slot, act.mode, act.alpha)
      else if (act.act === "quarantine" || act.act === "plant") this.host[act.act](slot, act.planting)
      else this.host[act.act](slot)
    }
    return move
  }

  private measured({ slot, state }: GraftLife, shared: Figures): Figures {
    return { ...shared, ...this.host.measure(slot, state) }
  }

  private unknown(slot: string): Problem {
    return problem(
      ["socket"],
      `There is no socket ${JSON.stringify(slot)}.`,
      didYouMean(slot, [...this.byName.keys()]),
    )
  }

  private clashes(command: GraftCommand): ReadonlyArray<Problem> {
    if (command.type !== "germinate") return []
    if (!this.plants)
      return [problem(["germinate"], NOTHING_NOW, "Wait until the host is operational again.")]
    const name = command.planting?.graft
    const other = this.lives.find(({ planting }) => planting !== null && planting.graft === name)
    return other === undefined
      ? []
      : [
          problem(
            ["planting", "graft"],
            `${JSON.stringify(name)} is in ${JSON.stringify(other.slot)}.`,
            "Give it another name.",
          ),
        ]
  }

  /** A kept graft opens a socket. */
  private takeSockets(): void {
    const names = this.host.sockets().map(({ name }) => name)
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    if (twice !== undefined)
      throw new GrowthError({
        problems: [
          problem(["host", "sockets"], `${JSON.stringify(twice)} is there twice.`, "Name each socket once."),
        ],
      })
    for (const slot of names)
      if (!this.byName.has(slot)) this.byName.set(slot, lifeWith(slot, this.options, this.host.checks))
  }
}

/** The commands that say no more than why. */
export const PLAIN_COMMANDS: ReadonlyArray<StepName | "pause" | "resume"> = [
  ...OPERATIONS.filter((name) => name !== "unknown" && name !== "germinate"),
  "pause",
  "resume",
]
const COMMANDS: ReadonlyArray<GraftCommand["type"]> = ["germinate", ...PLAIN_COMMANDS, "terminate"]

const FUNCTIONS = "sockets quarantine plant mode measure snapshot restore keep remove".split(
  " ",
) as ReadonlyArray<keyof Host>

/** What a host of somebody's own lacks. */
function hostProblems(host: Host): ReadonlyArray<Problem> {
  return FUNCTIONS.filter((name) => typeof host?.[name] !== "function").map((name) =>
    problem(["host", name], `must be a function, not ${show(host?.[name])}.`),
  )
}

const NOTHING_NOW = "Nothing is planted in conservative mode, or after a halt."
