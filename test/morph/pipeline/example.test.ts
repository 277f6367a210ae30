/**
 * `examples/pipeline` in its short form: Express, autocannon, a small catalogue and wide margins. What is judged is where each rewrite
 * ended and why; how long that takes is the machine's.
 */
import { expect, it } from "vitest"
import { openCatalogue } from "../../../examples/pipeline/catalogue.ts"
import { runTrial, type TrialOptions } from "../../../examples/pipeline/trial.ts"

const PATIENCE_MS = 150_000

const trialOf = async (candidate: TrialOptions["candidate"], compared = 1_000, agreement = 0.999) => {
  const catalogue = openCatalogue(500)
  try {
    return await runTrial({
      catalogue,
      candidate,
      connections: 8,
      rate: null,
      windowMs: 20,
      compared,
      probationCalls: 100,
      agreement,
      margins: { latency: 1, errors: 0.1 },
      mostMs: PATIENCE_MS,
    })
  } finally {
    catalogue.close()
  }
}

it("a good index is adopted, and no caller got a wrong answer", async () => {
  const { states, cause, incumbent, wrong, load } = await trialOf("index", 200)
  expect([states.at(-1), cause, incumbent]).toEqual(["fossilized", null, "index"])
  expect([wrong, load.failures]).toEqual([{}, 0])
}, 160_000)

it("a transaction that is open across an await is culled at G1, and no caller noticed", async () => {
  const { states, cause, incumbent, wrong } = await trialOf("transaction")
  expect(states).toEqual(["germinated", "training", "culled"])
  expect(cause).toMatch(/^G1 failed: (errorsWorse|agreement) is /)
  expect([incumbent, wrong]).toEqual(["incumbent", {}])
}, 160_000)

it("an index that is wrong for one word in 500 does not come past G3, and callers saw it in BLENDING only", async () => {
  const { states, cause, incumbent, wrong } = await trialOf("folded", 1_000, 0.9999)
  expect(states).toEqual(["germinated", "training", "blending", "shadowing", "culled"])
  expect(cause).toMatch(/^G3 failed: agreementTooLow is /)
  expect(incumbent).toBe("incumbent")
  expect(Object.keys(wrong).filter((state) => state !== "blending")).toEqual([])
}, 160_000)

it("a search that leaks is culled for its times, because callers and mirrors of one loop are compared by turns", async () => {
  const { cause, incumbent, wrong } = await trialOf("leak", 8_000)
  // One that is three times as late as the incumbent ever was has failed.
  expect(cause).toMatch(/^G[234] failed: (latency|errors)Worse is /)
  expect([incumbent, wrong]).toEqual(["incumbent", {}])
}, 160_000)
