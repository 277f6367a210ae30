/**
 * Folds single answers into readings for the engine: one mean cost per slice of time, made only of requests that
 * started under the generation now live. Answers to older requests say nothing about the present configuration and
 * are left out (counted as late).
 */
import { createHistogram } from "node:perf_hooks"
import { answerCostMs } from "./knobs.ts"

export interface Reading {
  readonly generation: number
  readonly answers: number
  readonly costMs: number
  readonly p99Ms: number
  readonly refusedShare: number
}

export class AnswerMeter {
  late = 0
  private generation = 0
  private answers = 0
  private refused = 0
  private costSumMs = 0
  private readonly latencyUs = createHistogram()

  add(generation: number, latencyMs: number, ageMs: number, refused: boolean): void {
    if (generation < this.generation) {
      this.late++
      return
    }
    if (generation > this.generation) this.clear(generation)
    this.answers++
    if (refused) this.refused++
    this.costSumMs += answerCostMs(latencyMs, ageMs, refused)
    this.latencyUs.record(Math.max(1, Math.round(latencyMs * 1_000)))
  }

  /** What came together since the last call for the given generation, or null when that is nothing. */
  take(generation: number): Reading | null {
    const { answers } = this
    const reading: Reading = {
      generation,
      answers,
      costMs: this.costSumMs / answers,
      p99Ms: this.latencyUs.percentile(99) / 1_000,
      refusedShare: this.refused / answers,
    }
    const present = this.generation === generation && answers > 0
    this.clear(Math.max(this.generation, generation))
    return present ? reading : null
  }

  private clear(generation: number): void {
    this.generation = generation
    this.answers = 0
    this.refused = 0
    this.costSumMs = 0
    this.latencyUs.reset()
  }
}
