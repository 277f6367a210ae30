/** How often the classification is right, on landscapes that say by construction what they are and that set no threshold. */
import { instanceOf } from "../../src/testing/functions.ts"
import { labelledLandscapes, type TrueLabel } from "../../src/testing/landscapes.ts"
import { study } from "./studies.ts"

const DRAWS = 4
const SEEDS = 5

export interface Accuracy {
  readonly studies: number
  /** Share of studies whose label was the true one. */
  readonly accuracy: number
  /** Mean over the three labels of the share found right, so that no label counts more for having more landscapes. */
  readonly balanced: number
  /** Studies by true label, then by found label. */
  readonly confusion: Readonly<Record<TrueLabel, Readonly<Record<TrueLabel, number>>>>
  /** Share found right, by family of landscapes. */
  readonly byFamily: Readonly<Record<string, number>>
}

const LABELS: ReadonlyArray<TrueLabel> = ["quadratic", "curved", "noisy"]
const noCounts = (): Record<TrueLabel, number> => ({ quadratic: 0, curved: 0, noisy: 0 })

export function classificationAccuracy(budget: number): Accuracy {
  const confusion = { quadratic: noCounts(), curved: noCounts(), noisy: noCounts() }
  const families = new Map<string, { right: number; all: number }>()
  for (const { label, function: fn } of labelledLandscapes(DRAWS)) {
    const name = fn.name.replace(/-\d+-\d+$/, "")
    const family = families.get(name) ?? { right: 0, all: 0 }
    families.set(name, family)
    for (let seed = 0; seed < SEEDS; seed++) {
      const found = study(instanceOf(fn, "r", seed), seed, budget, null).label as TrueLabel
      confusion[label][found]++
      family.all++
      if (found === label) family.right++
    }
  }
  const total = (label: TrueLabel): number => LABELS.reduce((sum, found) => sum + confusion[label][found], 0)
  const studies = LABELS.reduce((sum, label) => sum + total(label), 0)
  return {
    studies,
    accuracy: LABELS.reduce((sum, label) => sum + confusion[label][label], 0) / studies,
    balanced: LABELS.reduce((sum, label) => sum + confusion[label][label] / total(label), 0) / LABELS.length,
    confusion,
    byFamily: Object.fromEntries([...families].map(([name, { right, all }]) => [name, right / all])),
  }
}
