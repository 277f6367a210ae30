/** The short form of `npm run bench:growth -- --section memory`: what is planted and taken out again is given back. */
import { expect, it } from "vitest"
import { runLong } from "../../bench/growth/memory.ts"
import { REPORTS_KEPT } from "../../src/morph/growth/GrowthCore.ts"

it("a host in which something is planted all the time holds no more of its arena, and no more reports, the longer it runs", () => {
  const [first, ...later] = runLong(1200, 6, () => 0)
  expect(new Set(later.map(({ arenaBytes }) => arenaBytes))).toEqual(new Set([first.arenaBytes]))
  expect(later.at(-1)?.planted).toBeGreaterThan(100)
  expect(later.at(-1)?.reports).toBe(REPORTS_KEPT)
})
