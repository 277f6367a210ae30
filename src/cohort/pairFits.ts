/**
 * The other target of a pair, held against what Tier 1 holds the first one against. Both targets of a cycle are one proposal: half of
 * the replicas get one and half the other, under one generation, so neither may be let through alone.
 */
import type { SafetyExecutor } from "../hot/SafetyExecutor.ts"

/** Rounding allowed on distances that were computed as base + c and base - c, as in Tier 1. */
const ROUNDING = 1e-12

/** Whether `other` may be applied beside `target`: inside the bounds, and a step from the base and from one another. */
export function pairFits(
  executor: Pick<SafetyExecutor, "table" | "base" | "stepLimits">,
  target: Float64Array,
  other: Float64Array,
): boolean {
  const { table, base } = executor
  const n = table.size
  const placed = new Float64Array(2 * n)
  const partner = new Float64Array(2 * n)
  if (table.place(other, 0, placed, 0, n) >= 0 || table.place(target, 0, partner, 0, n) >= 0) return false
  const steps = new Float64Array(n)
  executor.stepLimits(steps)
  for (let i = 0; i < n; i++) {
    const limit = steps[i] + ROUNDING
    if (Math.abs(table.difference(i, base[i], placed[i])) > limit) return false
    if (Math.abs(table.difference(i, partner[i], placed[i])) > limit) return false
  }
  return true
}
