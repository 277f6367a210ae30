/** The warm-up must take the path that real digests take, or it warms up nothing. */
import { afterEach, expect, it, vi } from "vitest"
import { SafetyExecutor } from "../../src/hot/SafetyExecutor.ts"
import { warmUp } from "../../src/engine/warmUp.ts"

afterEach(() => vi.restoreAllMocks())

it("has every apply accepted, and happens once", () => {
  const apply = vi.spyOn(SafetyExecutor.prototype, "apply")
  warmUp()
  const statuses = new Set(apply.mock.results.map(({ value }) => value))
  expect(statuses).toEqual(new Set([0]))
  const calls = apply.mock.calls.length
  expect(calls).toBe(500)
  warmUp()
  expect(apply.mock.calls).toHaveLength(calls)
})
