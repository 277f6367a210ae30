/** How much of every guardrail of an engine is used, read at one moment from what Tier 1 keeps anyway. */
import type { SafetyExecutor } from "../../hot/SafetyExecutor.ts"
import type { Budgets, Gauge } from "../protocol/protocol.ts"

const gauge = (used: number, limit: number): Gauge => ({
  used: Number.isFinite(used) ? used : 0,
  limit: Number.isFinite(limit) ? limit : null,
})

/** Nothing is changed by asking, whatever `nowUs`. */
export function budgetsOf(executor: SafetyExecutor, names: ReadonlyArray<string>, nowUs: number): Budgets {
  const { policy } = executor
  const used = new Float64Array(3 * names.length)
  executor.budgetUsage(nowUs, used)
  const { cooldownUntilUs } = executor
  const most = executor.earnedUpdates > 0 ? 2 : 1
  return {
    atUs: nowUs,
    knobs: names.map((knob, i) => ({
      knob,
      turns: gauge(used[3 * i], most * policy.turnsPerMinute),
      range: gauge(used[3 * i + 1], most * policy.rangePerMinute),
      path: gauge(used[3 * i + 2], policy.pathPerMinute),
    })),
    applies: gauge(executor.appliesInWindow(nowUs), policy.appliesPerSecond),
    rollbacksPerHour: gauge(executor.rollbacksInHour(nowUs), policy.rollbacksPerHour),
    regressions: gauge(executor.regressions, policy.regressionsToTrip),
    maxStep: policy.maxStep,
    cooldownUntilUs: cooldownUntilUs > nowUs ? cooldownUntilUs : null,
  }
}
