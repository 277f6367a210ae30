/**
 * The epoch loop of a neural host. Each step trains the host by its own program, and beside it every graft that is on a branch: on a copy of
 * the value at its socket, through a frozen tail. The host's program is the same with or without them.
 */
import { type Arena } from "../tensor/Arena.ts"
import { NORM, type Optimiser } from "../tensor/optimisers.ts"
import { TensorError } from "../tensor/TensorError.ts"
import type { GrowthData, Part } from "../training/data.ts"
import { permute } from "../training/Draws.ts"
import type { LearningRates } from "../training/LearningRates.ts"
import { type Grafts, insertOf, nothingDone, type Planted } from "./Grafts.ts"
import type { IsolationGuard } from "./IsolationGuard.ts"
import { HOST } from "./Network.ts"
import type { NeuralOptions } from "./options.ts"
import type { RunCache } from "./RunCache.ts"
import { branchRun, type Run, straightRun, trainingRun, type Workshop } from "./runs.ts"

/** Norm to which a graft's gradient is clipped. */
export const GRAFT_CLIP = 1

/** What of a host the loop works on. */
export interface Training {
  readonly workshop: Workshop
  readonly data: GrowthData
  readonly seed: number
  readonly grafts: Grafts
  readonly runs: RunCache
  readonly rates: LearningRates
  /** Of the host, and of what was kept. */
  readonly optimiser: Optimiser
  readonly guard: IsolationGuard
}

export class Trainer {
  private readonly on: Training
  private readonly order: Uint32Array
  readonly batch: number
  private last: Run | null = null

  constructor(on: Training) {
    this.on = on
    const { rows } = on.data.train
    this.batch = Math.min(on.workshop.network.options.batch, rows)
    this.order = new Uint32Array(rows)
  }

  /** The run of the host's last step, while its numbers stand; null before the first, and where the memory was given back. */
  get lastRun(): Run | null {
    return this.last
  }

  forgetRun(): void {
    this.last = null
  }

  /** The mean loss of the steps. */
  epoch(epoch: number): number {
    const { data, seed, grafts, rates, runs, workshop } = this.on
    rates.beginEpoch(epoch)
    for (const { doings } of grafts.bySocket.values()) Object.assign(doings, nothingDone())
    permute(seed, "order", epoch, this.order)
    const owners = grafts.owners()
    runs.begin()
    const run = this.prepare()
    this.last = run
    const branches = [...grafts.bySocket].filter(([, { mode }]) => mode === "branch" || mode === "mixed")
    const steps = Math.floor(data.train.rows / this.batch)
    const isStraight = workshop.network.options.graftPath === "straightThrough"
    let total = 0
    for (let step = 0; step < steps; step++) {
      this.gather(run, data.train, step * this.batch)
      runs.forward(run)
      total += this.arena.views.f32[run.loss]
      if (!isStraight) this.stepBeside(run, branches, owners)
      run.plan.backward()
      if (isStraight) this.stepBeside(run, branches, owners)
      for (const planted of grafts.bySocket.values()) if (planted.mode === "whole") this.runKernel(planted)
      for (const owner of owners) this.step(owner)
    }
    runs.sweep()
    return total / steps
  }

  /** The host's own program, placed in memory. Throws a `TensorError` where there is no room for it. */
  prepare(): Run {
    const { runs, workshop, grafts } = this.on
    const owners = grafts.owners()
    // A graft that is kept opens a socket, and its owner was there before.
    const sockets = workshop.network.sockets.map(({ name }) => name)
    return runs.obtain(`train|${owners.join()}|${sockets.join()}`, () =>
      trainingRun(workshop, this.batch, grafts.base(), owners),
    )
  }

  /** Copies the rows of a step, in the order of the epoch. */
  private gather(run: Run, part: Part, from: number): void {
    const { f32 } = this.arena.views
    const { inputs, targets, rows } = part
    const width = inputs.length / rows
    const outputs = targets.length / rows
    for (let r = 0; r < run.batch; r++) {
      const row = this.order[from + r]
      for (let c = 0; c < width; c++) f32[run.input + r * width + c] = inputs[row * width + c]
      for (let c = 0; c < outputs; c++) f32[run.targets + r * outputs + c] = targets[row * outputs + c]
    }
  }

  /** One step of the one owner that is named, at the rate that the controller has for it. */
  private step(owner: number): void {
    const optimiser = this.optimiserOf(owner)
    optimiser.learningRate = this.on.rates.rateOf(owner)
    optimiser.step(this.arena, owner)
  }

  private optimiserOf(owner: number): Optimiser {
    for (const planted of this.on.grafts.bySocket.values())
      if (planted.owner === owner) return planted.optimiser
    return this.on.optimiser
  }

  private stepBeside(base: Run, branches: Branches, owners: ReadonlyArray<number>): void {
    for (const [socket, planted] of branches) this.stepGraft(base, socket, planted, owners)
  }

  /** A graft's step beside the host's, and the check that it was beside it. */
  private stepGraft(base: Run, socket: string, planted: Planted, owners: ReadonlyArray<number>): void {
    const { owner, doings, optimiser } = planted
    const place = base.seen.get(socket)
    if (doings.stopped || place === undefined) return
    const run = this.runBeside(socket, planted)
    if (run === null) return
    const { f32 } = this.arena.views
    const { options } = this.on.workshop.network
    f32.copyWithin(run.input, place.value, place.value + place.size)
    if (options.graftPath === "straightThrough")
      f32.copyWithin(run.targets, place.gradient, place.gradient + place.size)
    else {
      f32.copyWithin(run.targets, base.targets, base.targets + targetSize(options, base.batch))
      // Zeroed first, so that the check sees whatever flows into them.
      for (const one of owners) this.arena.zeroGradients(one)
    }
    this.on.guard.before(this.arena, owner)
    this.on.runs.forward(run)
    if (!Number.isFinite(f32[run.loss])) {
      // No gradient follows from a loss that is no number: the graft is culled at the boundary.
      doings.finite = false
      doings.stopped = true
      return
    }
    run.plan.backward()
    this.callKernel(planted)
    this.step(owner)
    if (!this.on.guard.holds(this.arena, owner)) {
      doings.violations++
      doings.stopped = true
    }
    const norm = optimiser.cells[NORM]
    doings.steps++
    doings.norms += norm
    if (norm > GRAFT_CLIP) doings.clipped++
    if (!Number.isFinite(norm)) {
      doings.finite = false
      doings.stopped = true
    }
  }

  /** Code of a graft that is part of the whole: it too may change nothing but the graft. */
  private runKernel(planted: Planted): void {
    const { blueprint, owner, doings } = planted
    if (blueprint.kernel === undefined) return
    this.on.guard.before(this.arena, owner)
    this.callKernel(planted)
    if (!this.on.guard.holds(this.arena, owner)) doings.violations++
  }

  /** A kernel that throws has no numbers to go on with: its graft is culled at the boundary, and nothing else is touched. */
  private callKernel({ blueprint, owner, doings }: Planted): void {
    try {
      blueprint.kernel?.(this.arena, this.arena.slice(owner), this.arena.slice(HOST))
    } catch {
      doings.finite = false
      doings.stopped = true
    }
  }

  /** Null where it cannot be built, or has no room: then its graft is culled at the boundary. */
  private runBeside(socket: string, planted: Planted): Run | null {
    try {
      return this.obtainBeside(socket, planted)
    } catch (error) {
      if (!(error instanceof TensorError)) throw error
      Object.assign(planted.doings, { finite: false, stopped: true })
      return null
    }
  }

  /**
   * As if alpha were 1, also while the graft is being blended in. A graft that learns at its current alpha makes up for it by growing, and
   * is too large once it counts in full.
   */
  private obtainBeside(socket: string, planted: Planted): Run {
    const { runs, workshop, grafts } = this.on
    return runs.obtain(`branch|${socket}|${planted.owner}|${grafts.owners().join()}`, () => {
      const insert = insertOf(planted, 1)
      return workshop.network.options.graftPath === "straightThrough"
        ? straightRun(workshop, this.batch, socket, insert)
        : branchRun(workshop, this.batch, socket, insert, grafts.base())
    })
  }

  private get arena(): Arena {
    return this.on.workshop.arena
  }
}

/** Grafts that learn beside the host, by their sockets. */
type Branches = ReadonlyArray<readonly [socket: string, planted: Planted]>

const targetSize = ({ loss, outputs }: NeuralOptions, batch: number): number =>
  loss === "crossEntropy" ? batch : batch * outputs
