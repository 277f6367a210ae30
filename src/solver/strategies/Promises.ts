/**
 * Which steps of a descent gained what its model had promised. The label of a landscape follows their share: a model that
 * keeps its promises describes what is there.
 */
import type { DescentEvidence } from "../Strategy.ts"

/** Steps that are remembered. */
const REMEMBERED = 512
/** A step keeps its promise when it gains more than this share of it. */
const KEPT = 0.1

export class Promises {
  /** Steps of the descent. */
  steps = 0
  /** 1 for each of the latest steps that kept its promise, in turn. */
  private readonly kept = new Uint8Array(REMEMBERED)

  begin(): void {
    this.steps = 0
  }

  /** Notes a step that gained `ratio` of what was promised; true when it kept its promise. */
  note(ratio: number): boolean {
    const kept = ratio > KEPT
    this.kept[this.steps++ % REMEMBERED] = kept ? 1 : 0
    return kept
  }

  /** Share of the latest `count` steps, as far as they are remembered, that kept their promise; NaN where there were none or fewer. */
  keptOf(count: number): number {
    const looked = Math.min(count, REMEMBERED)
    if (looked < 1 || looked > this.steps) return Number.NaN
    let sum = 0
    for (let k = 1; k <= looked; k++) sum += this.kept[(this.steps - k) % REMEMBERED]
    return sum / looked
  }

  /** The share of the later half. */
  evidence(): DescentEvidence {
    const { steps } = this
    return { keptPromises: this.keptOf(steps - Math.floor(steps / 2)), steps }
  }
}
