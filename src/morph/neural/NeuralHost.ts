/**
 * A small network that grows: the `Host` of the life cycle, and the epoch loop that trains it. A graft learns on a branch beside it, from a
 * copy of the value at its socket, through a frozen tail; the host's own program is the same with or without it. Reads no clock and draws
 * no chance: order, initial values and dropout are functions of the seed.
 */
import { GrowthError } from "../../domain/GrowthError.ts"
import { tidy } from "../../domain/problems.ts"
import { type AnyBlueprint, readParameters } from "../blueprints/Blueprint.ts"
import type { GraftStateName } from "../contracts/enums.ts"
import type { Figures, Host, Mode, Planting, Socket } from "../contracts/Host.ts"
import { Arena, type ArenaOptions } from "../tensor/Arena.ts"
import { Graph } from "../tensor/Graph.ts"
import type { Node } from "../tensor/ir.ts"
import { Optimiser, type Updates } from "../tensor/optimisers.ts"
import { TensorError } from "../tensor/TensorError.ts"
import type { GrowthData } from "../training/data.ts"
import { Draws } from "../training/Draws.ts"
import { LearningRates, type RateChange } from "../training/LearningRates.ts"
import { readRates } from "../training/readRates.ts"
import { copyOf, putBack } from "./copies.ts"
import { type Engine, FAST } from "./engines.ts"
import { Grafts, insertOf, nothingDone, type Planted } from "./Grafts.ts"
import { BROKEN, HostFigures } from "./HostFigures.ts"
import { IsolationGuard } from "./IsolationGuard.ts"
import { Judge } from "./Judge.ts"
import { HOST, Network } from "./Network.ts"
import { type NeuralOptions, noRoom } from "./options.ts"
import { tryOut } from "./quarantine.ts"
import { RunCache } from "./RunCache.ts"
import type { Workshop } from "./runs.ts"
import type { Score } from "./scores.ts"
import { sizeOf, type StationView, stationsOf } from "./stations.ts"
import { GRAFT_CLIP, Trainer } from "./Trainer.ts"
import { fingerprintOf, meanSquare, varianceOf } from "./vectors.ts"

/** Owners at once: the host, and every graft that is live or kept. */
const MOST_OWNERS = 128
/** Memory of a host unless another size is given: 64 MiB. */
const MOST_BYTES = 1 << 26

/** How its memory is made; or one that another thread had, whose numbers are given up. */
export type HostMemory = ArenaOptions | WebAssembly.Memory

export interface NeuralSetup {
  readonly options: NeuralOptions
  readonly data: GrowthData
  readonly seed: number
  readonly catalogue: ReadonlyArray<AnyBlueprint>
  /** Milliseconds of a clock, for the time that a quarantine takes. */
  readonly now: () => number
  readonly memory?: HostMemory
  /** `FAST` if left out. */
  readonly engine?: Engine | undefined
  /** Puts the host where another of the same description stood, once it is made (`standing.ts`). */
  readonly restore?: (host: NeuralHost) => void
}

export interface SocketFigures {
  readonly name: string
  readonly gradient: number
  readonly variance: number
}

export class NeuralHost implements Host {
  readonly options: NeuralOptions
  readonly arena: Arena
  readonly rates: LearningRates
  readonly setup: NeuralSetup
  readonly network: Network
  private readonly workshop: Workshop
  private readonly engine: Engine
  private readonly updates: Updates
  readonly grafts: Grafts
  private readonly runs = new RunCache()
  private readonly guard = new IsolationGuard()
  private readonly judge: Judge
  private readonly trainer: Trainer
  readonly figures: HostFigures
  /** Since the start: each draws its initial values from a stream of its own. */
  plantings = 0

  constructor(setup: NeuralSetup) {
    const { options, data, seed, memory, engine = FAST, restore } = setup
    this.setup = setup
    this.options = options
    this.arena =
      memory instanceof WebAssembly.Memory
        ? Arena.emptied(memory)
        : Arena.make({ ...memory, maxBytes: this.maxBytes })
    this.network = new Network(options)
    this.workshop = {
      network: this.network,
      arena: this.arena,
      make: (program, arena) => engine.make(program, arena, this),
    }
    this.engine = engine
    this.updates = engine.updates(this.arena)
    this.rates = new LearningRates(options.learning, MOST_OWNERS)
    this.grafts = new Grafts(this.network)
    this.judge = new Judge(this.workshop, data, this.grafts, this.runs)
    this.figures = new HostFigures(this.arena, this.grafts, this.judge, this.runs)
    this.trainer = new Trainer({
      workshop: this.workshop,
      data,
      seed,
      grafts: this.grafts,
      runs: this.runs,
      rates: this.rates,
      optimiser: this.newOptimiser(this.updates, Number.POSITIVE_INFINITY),
      guard: this.guard,
    })
    try {
      this.arena.append(HOST, this.parametersOf(HOST, null), seed)
      restore?.(this)
      this.trainer.prepare()
    } catch (error) {
      throw noRoom(error)
    }
  }

  // What the life cycle asks for.

  sockets(): ReadonlyArray<Socket> {
    return this.network.sockets
  }

  quarantine(socket: string, planting: Planting): void {
    const blueprint = this.blueprintOf(planting)
    this.figures.wasTried(
      socket,
      blueprint === undefined
        ? { available: 0 }
        : tryOut({
            ...this.workshop,
            blueprint,
            parameters: planting.parameters,
            operator: planting.operator,
            socket,
            inserts: this.grafts.base(),
            owners: this.grafts.owners(),
            parametersOf: (owner) => this.parametersOf(owner, null),
            train: this.setup.data.train,
            batch: this.trainer.batch,
            seed: this.seedOf(this.plantings + 1),
            optimiserFor: (arena) => this.newOptimiser(this.engine.updates(arena), GRAFT_CLIP),
            rate: this.rates.rateOf(HOST),
            now: this.setup.now,
            maxBytes: this.maxBytes,
          }),
    )
  }

  plant(socket: string, planting: Planting): void {
    const blueprint = this.blueprintOf(planting)
    if (blueprint === undefined) throw new Error(`There is no blueprint ${planting.blueprint}.`)
    this.plantings++
    const owners = this.arena.owners
    let owner = 1
    while (owners.includes(owner)) owner++
    const { parameters } = readParameters(blueprint, planting.parameters)
    const planted: Planted = {
      planting,
      blueprint,
      parameters,
      owner,
      optimiser: this.graftOptimiser(),
      doings: nothingDone(),
      mode: "host",
      alpha: 0,
      snapshot: null,
    }
    try {
      this.arena.append(owner, this.parametersOf(owner, [socket, planted]), this.seedOf(this.plantings))
    } catch (error) {
      if (!(error instanceof TensorError)) throw error
      // A blueprint that throws now, or has no room, is culled at the next boundary.
      this.figures.wasTried(socket, BROKEN)
      return
    }
    this.grafts.bySocket.set(socket, planted)
    this.figures.wasPlanted(socket)
  }

  mode(socket: string, mode: Mode, alpha: number): void {
    const planted = this.grafts.bySocket.get(socket)
    if (planted === undefined) return
    const learnt = planted.mode !== "host" && planted.mode !== "shadow"
    planted.mode = mode
    planted.alpha = alpha
    if (mode === "host" || mode === "shadow") this.rates.remove(planted.owner)
    else if (!learnt)
      this.rates.plant(planted.owner, mode === "whole" ? 1 : this.rates.easeOf(planted.blueprint.name))
    this.judge.forget()
  }

  snapshot(socket: string): void {
    const planted = this.grafts.bySocket.get(socket)
    if (planted === undefined) return
    planted.snapshot = new Map(
      [...this.grafts.owners(), planted.owner].map((owner) => [owner, this.arena.snapshot(owner)]),
    )
  }

  restore(socket: string): void {
    const snapshot = this.grafts.bySocket.get(socket)?.snapshot
    if (snapshot === undefined || snapshot === null) return
    for (const [owner, words] of snapshot)
      if (this.arena.owners.includes(owner)) this.arena.restore(owner, words)
    // A snapshot that has this graft in it was made later, on numbers that are gone now.
    const { owner } = this.grafts.bySocket.get(socket) as Planted
    for (const other of this.grafts.bySocket.values())
      if (other.owner !== owner && other.snapshot?.has(owner) === true) other.snapshot = null
    this.judge.forget()
  }

  keep(socket: string): void {
    const planted = this.grafts.bySocket.get(socket)
    if (planted === undefined) return
    this.grafts.bySocket.delete(socket)
    this.network.keep(socket, insertOf(planted, 1), `${socket}.${planted.planting.graft}`)
    this.judge.forget()
  }

  remove(socket: string): void {
    const planted = this.grafts.bySocket.get(socket)
    if (planted === undefined) return
    const { owner } = planted
    this.grafts.bySocket.delete(socket)
    this.rates.remove(owner)
    this.guard.forget(owner)
    this.runs.releaseAll()
    this.trainer.forgetRun()
    const { head, words } = this.arena.slice(owner)
    this.arena.remove(owner)
    this.figures.wasRemoved(socket, head, words)
    this.judge.forget()
  }

  measure(socket: string, state: GraftStateName): Figures {
    return this.figures.of(socket, state)
  }

  // What the growing host's loop asks for.

  /** Trains everything for one epoch; the mean loss of its steps. Grafts on branches do not change a bit of it. */
  trainEpoch(epoch: number): number {
    this.judge.forget()
    return this.trainer.epoch(epoch)
  }

  /** Held-out loss of the host alone: with what is part of it, and without what is on a branch or in a mixture. */
  hostScore(): Score {
    return this.judge.host()
  }

  /** Held-out loss of what answers. */
  answerScore(): Score {
    try {
      return this.judge.answer()
    } catch (error) {
      // A graft whose program cannot be built answers nothing; the next boundary culls it.
      if (!(error instanceof TensorError)) throw error
      return this.judge.host()
    }
  }

  /** Of rows that nothing is decided by; null where there are none. */
  testScore(): Score | null {
    return this.judge.test()
  }

  /** What the host gives for rows, one after the other: shares of the classes, or the outputs. */
  predict(rows: Float32Array): Float32Array {
    return this.judge.predict(rows)
  }

  /** Changes learning rates; the next step has it. Throws a `GrowthError` with every problem, and then nothing has changed. */
  adjust(given: RateChange): void {
    const { change, problems } = readRates(given, [])
    if (problems.length > 0) throw new GrowthError({ problems: tidy(problems) })
    this.rates.adjust(change)
  }

  /** Mean square of the last step's gradient at each socket, and the variance of its values. */
  socketFigures(): ReadonlyArray<SocketFigures> {
    const seen = this.trainer.lastRun?.seen
    const { f32 } = this.arena.views
    return this.network.sockets.map(({ name }) => {
      const place = seen?.get(name)
      return place === undefined || place.gradient < 0
        ? { name, gradient: 0, variance: 0 }
        : {
            name,
            gradient: meanSquare(f32, place.gradient, place.size),
            variance: varianceOf(f32, place.value, place.size),
          }
    })
  }

  /** Everything that the host and its grafts have learnt. */
  copy(): Uint32Array {
    return copyOf(this.arena)
  }

  /** Puts a copy back that was made while the host was of the same structure; what was planted since then stays as it is. */
  put(copy: Uint32Array): void {
    putBack(this.arena, copy)
    this.judge.forget()
  }

  /** What the host is made of, without what is planted beside it: a copy fits the host where these are equal. */
  get structure(): string {
    return `${this.grafts.owners().join()}|${this.network.sockets.map(({ name }) => name).join()}`
  }

  /** All words that are part of the host, as a text that is equal where every bit is. */
  fingerprint(): string {
    return fingerprintOf(this.grafts.owners().map((owner) => this.arena.snapshot(owner)))
  }

  /** Numbers that are part of the host. */
  get parameters(): number {
    return this.grafts.owners().reduce((sum, owner) => sum + sizeOf(this.arena, owner), 0)
  }

  /** The network as it is, with what is planted in it. */
  stations(): ReadonlyArray<StationView> {
    return stationsOf(this.network, this.grafts, this.arena)
  }

  /** Share of the memory that host, grafts and the runs of this epoch need: the same in a process that was restarted. */
  get memoryShare(): number {
    const slices = this.arena.owners.reduce((sum, owner) => sum + this.arena.slice(owner).words, 0)
    return ((slices + this.runs.words) * 4) / this.maxBytes
  }

  /** Products of dense layers so far, in training and judging. */
  get products(): number {
    return this.runs.products
  }

  /** What is planted in a socket; null where nothing is. */
  plantingIn(socket: string): Planting | null {
    return this.grafts.bySocket.get(socket)?.planting ?? null
  }

  // How it is done.

  private get maxBytes(): number {
    const { memory } = this.setup
    return (memory instanceof WebAssembly.Memory ? undefined : memory?.maxBytes) ?? MOST_BYTES
  }

  private blueprintOf({ blueprint }: Planting): AnyBlueprint | undefined {
    return this.setup.catalogue.find(({ name }) => name === blueprint)
  }

  /** What changes a graft's numbers. */
  graftOptimiser(): Optimiser {
    return this.newOptimiser(this.updates, GRAFT_CLIP)
  }

  private newOptimiser(updates: Updates, clip: number): Optimiser {
    const { optimiser, momentum } = this.options
    return new Optimiser({ rule: optimiser, learningRate: 0, momentum, clip }, updates)
  }

  /** Each planting draws its initial values from its own stream. */
  private seedOf(planting: number): number {
    return Math.floor(new Draws(this.setup.seed, "initial", planting).uniform(0) * 2 ** 32)
  }

  /** An owner's parameters, as a graph with it declares them. */
  parametersOf(owner: number, planted: readonly [string, Planted] | null): ReadonlyArray<Node> {
    const graph = new Graph()
    const input = graph.input("rows", [1, ...this.options.shape])
    const inserts = planted === null ? this.grafts.base() : new Map([[planted[0], insertOf(planted[1], 1)]])
    this.network.whole(graph, input, inserts)
    return graph.parametersOf(owner)
  }
}
