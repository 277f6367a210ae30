/**
 * Judges a neural host on rows that it does not learn from: alone, with a graft, and as it answers. Judging changes no number that
 * anything learns by.
 */
import type { Figures } from "../contracts/Host.ts"
import type { GrowthData, Part } from "../training/data.ts"
import { type Grafts, insertOf, keyOf, type Planted } from "./Grafts.ts"
import type { Inserts } from "./Network.ts"
import type { RunCache } from "./RunCache.ts"
import { answeringRun, BEHIND, judgingRun, type Run, type Workshop } from "./runs.ts"
import { type Score, Tally } from "./scores.ts"
import { differenceOf, spread } from "./vectors.ts"

/** Rows that are judged at once. */
export const JUDGED_ROWS = 256

export class Judge {
  private readonly workshop: Workshop
  private readonly data: GrowthData
  private readonly grafts: Grafts
  private readonly runs: RunCache
  /** Scores of this boundary, by what was judged. */
  private readonly scores = new Map<string, Score>()

  constructor(workshop: Workshop, data: GrowthData, grafts: Grafts, runs: RunCache) {
    this.workshop = workshop
    this.data = data
    this.grafts = grafts
    this.runs = runs
  }

  /** Numbers have changed: nothing that was judged holds. */
  forget(): void {
    this.scores.clear()
  }

  host(): Score {
    return this.score("host", this.data.validation, this.grafts.base())
  }

  answer(): Score {
    const inserts = this.grafts.answering()
    return inserts.size === this.grafts.base().size
      ? this.host()
      : this.score("answer", this.data.validation, inserts)
  }

  test(): Score | null {
    const { test } = this.data
    return test.rows === 0 ? null : this.score("test", test, this.grafts.answering())
  }

  /** What the host gives for rows, one after the other: shares of the classes, or the outputs. */
  predict(rows: Float32Array): Float32Array {
    const { shape, outputs, classes } = this.options
    const width = shape.reduce((product, n) => product * n, 1)
    const count = rows.length / width
    const answers = new Float32Array(count * outputs)
    const inserts = this.grafts.answering()
    const run = this.runs.obtain(`predict|${keyOf(inserts)}|${this.kept()}`, () =>
      answeringRun(this.workshop, 1, inserts),
    )
    for (let row = 0; row < count; row++) {
      const { f32 } = this.workshop.arena.views
      for (let c = 0; c < width; c++) f32[run.input + c] = rows[row * width + c]
      run.plan.forward()
      for (let c = 0; c < outputs; c++) answers[row * outputs + c] = f32[run.outputs + c]
    }
    if (classes > 0) for (let row = 0; row < count; row++) spread(answers, row * outputs, outputs)
    return answers
  }

  /** Judges a part in pieces, each of which `each` may look at. */
  private score(
    name: string,
    part: Part,
    inserts: Inserts,
    each?: (run: Run, row: number, rows: number) => void,
  ): Score {
    const known = each === undefined ? this.scores.get(name) : undefined
    if (known !== undefined) return known
    const batch = Math.min(JUDGED_ROWS, part.rows)
    const run = this.runs.obtain(`judge|${batch}|${keyOf(inserts)}|${this.kept()}`, () =>
      answeringRun(this.workshop, batch, inserts),
    )
    const width = part.inputs.length / part.rows
    const tally = new Tally(this.options.loss)
    for (let row = 0; row < part.rows; row += batch) {
      const rows = Math.min(batch, part.rows - row)
      const { f32 } = this.workshop.arena.views
      for (let i = 0; i < rows * width; i++) f32[run.input + i] = part.inputs[row * width + i]
      this.runs.forward(run)
      tally.add(f32, run.outputs, this.options.outputs, part.targets, row, rows)
      each?.(run, row, rows)
    }
    this.scores.set(name, tally.score)
    return tally.score
  }

  /** Held-out loss with a graft at this alpha, and without it. */
  withAndWithout(socket: string, planted: Planted, alpha: number): Figures {
    if (alpha === 0) {
      const { loss } = this.host()
      return { lossWith: loss, lossWithout: loss }
    }
    const { validation } = this.data
    const judged = this.judgedOf(socket, planted, alpha)
    const tally = new Tally(this.options.loss)
    const { loss } = this.score("host", validation, this.grafts.base(), (base, row, rows) => {
      this.through(base, judged, socket)
      tally.add(
        this.workshop.arena.views.f32,
        judged.outputs,
        this.options.outputs,
        validation.targets,
        row,
        rows,
      )
    })
    return { lossWith: tally.score.loss, lossWithout: loss }
  }

  private judgedOf(socket: string, planted: Planted, alpha: number): Run {
    const batch = Math.min(JUDGED_ROWS, this.data.validation.rows)
    return this.runs.obtain(`judged|${socket}|${planted.owner}|${alpha}|${this.kept()}`, () =>
      judgingRun(this.workshop, batch, socket, insertOf(planted, alpha), this.grafts.base()),
    )
  }

  /** Takes the values at a socket on through the graft and the tail. */
  private through(base: Run, judged: Run, socket: string): void {
    const place = base.seen.get(socket)
    if (place === undefined) return
    this.workshop.arena.views.f32.copyWithin(judged.input, place.value, place.value + place.size)
    this.runs.forward(judged)
  }

  /** How far the graft turns the value at its socket, and by how much it lengthens it. */
  change(socket: string, planted: Planted): Figures {
    const judged = this.judgedOf(socket, planted, 1)
    const behind = judged.seen.get(BEHIND)
    return behind === undefined
      ? {}
      : differenceOf(this.workshop.arena.views.f32, judged.input, behind.value, behind.size)
  }

  /** The graft is taken apart, its numbers put away and back, and it gives the same bits for the rows judged last. */
  resumesEqual(socket: string, planted: Planted): boolean {
    const judged = this.judgedOf(socket, planted, 1)
    const { input, outputs } = judged
    const size = this.options.outputs * judged.batch
    const inputs = this.workshop.arena.views.u32.slice(input, input + (judged.seen.get(BEHIND)?.size ?? 0))
    const before = this.workshop.arena.views.u32.slice(outputs, outputs + size)
    const away = this.workshop.arena.snapshot(planted.owner)
    const again = judgingRun(this.workshop, judged.batch, socket, insertOf(planted, 1), this.grafts.base())
    this.workshop.arena.restore(planted.owner, away)
    this.workshop.arena.views.u32.set(inputs, again.input)
    again.plan.forward()
    const { u32 } = this.workshop.arena.views
    const equal = before.every((word, i) => word === u32[again.outputs + i])
    again.plan.release()
    return equal
  }

  /** What the network is made of. */
  private kept(): string {
    return this.grafts.owners().join()
  }

  private get options() {
    return this.workshop.network.options
  }
}
