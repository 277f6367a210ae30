/**
 * What is compared in the solver's arena: 20 functions in 3 variants are 60 rows, 51 seeds each. Seed n works on instance
 * n of its row, so that a row stands for many shifts and rotations and not for one lucky place; every solver gets
 * the same instances and, on noisy functions, the same noise by evaluation.
 */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import {
  type Instance,
  instanceOf,
  type TestFunction,
  testFunctions,
  type Variant,
  variants,
} from "../../src/testing/functions.ts"
import { trainingFunctions } from "../../src/testing/trainingFunctions.ts"

/** One row of the tables, for example "levy-5:r". */
export interface Row {
  readonly name: string
  readonly variant: Variant
  readonly dimensions: number
  instance(seed: number): Instance
}

const rowsOf = (fns: ReadonlyArray<TestFunction>, of: ReadonlyArray<Variant>): ReadonlyArray<Row> =>
  fns.flatMap((fn) =>
    of.map((variant) => ({
      name: `${fn.name}:${variant}`,
      variant,
      dimensions: fn.dimensions,
      instance: (seed: number) => instanceOf(fn, variant, seed),
    })),
  )

export const rows: ReadonlyArray<Row> = rowsOf(testFunctions, variants)

/** Rows to choose settings on. Their optima are never at the centre, and there are no figures of peers for them. */
export const trainingRows: ReadonlyArray<Row> = rowsOf(trainingFunctions, ["s", "r"])

/** Evaluations of a study, and seeds of a row, that figures are published for. */
export const BUDGET = 100
export const SEEDS = 51

/**
 * A digest of everything a recorded figure of a peer depends on: the readings of some points of every instance, rounded to
 * 9 digits, the budget, and the program that ran the peers. A record with another digest is not used.
 */
export function fingerprintOf(budget: number): string {
  const hash = createHash("sha256")
  hash.update(`budget ${budget}\n`)
  for (const file of ["peers.py", "requirements.txt"]) {
    hash.update(readFileSync(new URL(`../peers/${file}`, import.meta.url)))
  }
  for (const row of rows) {
    for (let seed = 0; seed < SEEDS; seed++) {
      const instance = row.instance(seed)
      const { min, max } = instance.function
      const point = new Float64Array(row.dimensions)
      const values = [min, max, ...instance.optimumAt]
      for (let k = 1; k <= 3; k++) {
        for (let i = 0; i < point.length; i++) point[i] = min + (max - min) * ((k * 0.618 + i * 0.414) % 1)
        values.push(instance.trueValue(point), instance.reading(point, seed, k))
      }
      hash.update(`${row.name} ${seed} ${values.map((value) => value.toPrecision(9)).join(" ")}\n`)
    }
  }
  return hash.digest("hex").slice(0, 32)
}
