/** The short form of `npm run bench:study`: real processes over a real PostgreSQL, two of them killed with SIGKILL. */
import { expect, it } from "vitest"
import { drill } from "../../bench/study/drill.ts"

it("tells every trial once though workers are killed, and every solver equals the log repeated", async () => {
  // Kills at 30 and 50 % of the trials.
  const draws = [1 / 3, 0.6]
  let i = 0
  const report = await drill({
    workers: 4,
    killed: 2,
    trials: 50,
    trialMs: 20,
    leaseMs: 1_000,
    draw: () => draws[i++],
  })
  expect(report).toMatchObject({ killed: 2, told: 50, toldTwice: 0, solvers: 2, different: 0 })
})
