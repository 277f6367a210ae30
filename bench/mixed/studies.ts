/** Studies of the built solver on spaces with choices, and what both they and a peer's are judged by. */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { createSolver } from "arqon"
import type { MixedRecord } from "../peers/record.ts"
import {
  classes,
  type MixedClass,
  type MixedInstance,
  mixedInstance,
  type MixedParams,
  wrongPicks,
} from "./spaces.ts"

/** Evaluations that a study is judged after, and seeds of a class, that figures are published for. */
export const BUDGETS = [25, 40, 60, 100] as const
export const MIXED_SEEDS = 40
/** Below this an error counts as none. */
const SOLVED = 1e-8

/** Wrong picks and error at every budget in turn: what a record holds of one study. */
export type Judged = ReadonlyArray<number>

export function judge(instance: MixedInstance, params: MixedParams): readonly [wrong: number, error: number] {
  const error = instance.value(params) - instance.optimum
  // What is called the optimum has to be one.
  if (error < -1e-9) throw new Error(`${instance.name} is lower by ${-error} than its optimum`)
  return [wrongPicks(instance, params), Number(Math.max(error, SOLVED).toPrecision(6))]
}

/** A study of our solver for every budget: what it asks for depends on the budget. */
export function study(kind: MixedClass, seed: number, budgets: ReadonlyArray<number>): Judged {
  const instance = mixedInstance(kind, seed)
  return budgets.flatMap((budget) => {
    const solver = createSolver({ seed, budget, bounds: instance.bounds })
    for (let trials = solver.askTrials(); trials !== null; trials = solver.askTrials()) {
      for (const { id, params } of trials) solver.tell({ id, value: instance.value(params) })
    }
    if (solver.best === null || solver.counts.spent !== budget)
      throw new Error(`${solver.counts.spent} evaluations of ${budget} on ${instance.name}`)
    return judge(instance, solver.best.params)
  })
}

/** A digest of everything a peer's recorded figure depends on. */
export function mixedFingerprint(): string {
  const hash = createHash("sha256")
  for (const file of ["mixed.py", "requirements.txt"])
    hash.update(readFileSync(new URL(`../peers/${file}`, import.meta.url)))
  hash.update(BUDGETS.join())
  for (const kind of classes) {
    for (let seed = 0; seed < MIXED_SEEDS; seed++) {
      const instance = mixedInstance(kind, seed)
      const middle = Object.entries(instance.bounds).map(([name, bound]) => [
        name,
        "choices" in bound ? bound.choices[seed % bound.choices.length] : (bound.min + bound.max) / 2,
      ])
      const value = instance.value(Object.fromEntries(middle) as MixedParams)
      hash.update(`${instance.name} ${JSON.stringify(instance.bounds)} ${value.toPrecision(9)}\n`)
    }
  }
  return hash.digest("hex").slice(0, 32)
}

/** What a solver came to on one class at one budget. */
export interface Tally {
  /** Runs whose recommendation has a choice that is not the best. */
  readonly wrongRuns: number
  /** Choices that are not the best, over all runs. */
  readonly wrongPicks: number
  /** Mean logarithm of the error. */
  readonly score: number
}

export function tally(judged: ReadonlyArray<Judged>, budget: number): Tally {
  const wrong = judged.map((one) => one[2 * budget])
  return {
    wrongRuns: wrong.filter((count) => count > 0).length,
    wrongPicks: wrong.reduce((sum, count) => sum + count, 0),
    score: judged.reduce((sum, one) => sum + Math.log10(one[2 * budget + 1]), 0) / judged.length,
  }
}

/** The record, where it is of these spaces and of at least so many seeds. */
export function fitting(record: MixedRecord | undefined, seeds: number): MixedRecord | null {
  if (record === undefined || record.seeds < seeds) return null
  return record.fingerprint === mixedFingerprint() ? record : null
}
