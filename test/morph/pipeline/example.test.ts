/** `examples/pipeline` in its short form: a small catalogue, and the rewrites that must not be adopted. */
import { expect, it } from "vitest"
import { callers } from "../../../examples/pipeline/callers.ts"
import { openCatalogue } from "../../../examples/pipeline/catalogue.ts"
import { runTrial } from "../../../examples/pipeline/trial.ts"

const trialOf = async (candidate: "folded" | "leak" | "transaction", compared = 1_000) => {
  const catalogue = openCatalogue(500)
  try {
    return await runTrial({
      catalogue,
      candidate,
      callers,
      windowMs: 20,
      compared,
      probationCalls: 100,
      mostMs: 50_000,
    })
  } finally {
    catalogue.close()
  }
}

it("a transaction that is open across an await is culled at G1, and no caller noticed", async () => {
  const { states, cause, incumbent, wrong } = await trialOf("transaction")
  expect(states).toEqual(["germinated", "training", "culled"])
  expect(cause).toMatch(/^G1 failed: (errorsWorse|agreement) is /)
  expect([incumbent, wrong]).toEqual(["incumbent", {}])
})

it("an index that is wrong for one word in 500 does not come past G3, and callers saw it in BLENDING only", async () => {
  const { states, cause, incumbent, wrong } = await trialOf("folded")
  expect(states).toEqual(["germinated", "training", "blending", "shadowing", "culled"])
  expect(cause).toMatch(/^G3 failed: agreementTooLow is /)
  expect(incumbent).toBe("incumbent")
  expect(Object.keys(wrong).filter((state) => state !== "blending")).toEqual([])
}, 60_000)

it("a search that leaks is culled for its times, because callers and mirrors of one loop are compared by turns", async () => {
  const { cause, incumbent, wrong } = await trialOf("leak", 8_000)
  expect(cause).toMatch(/^G[234] failed: latencyWorse is /)
  expect([incumbent, wrong]).toEqual(["incumbent", {}])
}, 60_000)
