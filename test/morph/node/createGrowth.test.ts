/** A growing host whose policy has a thread: the same run as inline, and a policy that never answers holds nothing up. */
import { describe, expect, it } from "vitest"
import { createGrowth as inNode } from "../../../src/morph/node/createGrowth.ts"
import { neuralHost } from "../../../src/morph/neural/options.ts"
import { createGrowth } from "../../../src/morph/service/createGrowth.ts"
import type { GrowthOptions } from "../../../src/morph/service/Growth.ts"
import { tasks } from "../../../src/morph/training/tasks.ts"

const OPTIONS: GrowthOptions = {
  host: neuralHost({ inputs: 2, hidden: [8], classes: 2 }),
  data: tasks.spirals({ seed: 1001 }),
  seed: 1001,
  now: () => 0,
}
const SCRIPTED = new URL("./policies/scripted.ts", import.meta.url)

async function proposalsOf(options: GrowthOptions, epochs: number) {
  const growth = inNode(options)
  const seen: Array<string> = []
  growth.subscribe(({ epoch, proposal, refusal }) => {
    if (proposal !== null || refusal !== null) seen.push(`${epoch} ${proposal?.why ?? ""}${refusal ?? ""}`)
  })
  try {
    await growth.start()
    await growth.run({ epochs })
    return { seen, fingerprint: growth.snapshot().fingerprint }
  } finally {
    await growth.stop()
  }
}

describe("a growing host with a policy in a thread", () => {
  it("comes to the same bits as with the policy inline", async () => {
    const inThread = await proposalsOf({ ...OPTIONS, placement: "thread", deadlineMs: 10_000 }, 35)
    expect(inThread).toEqual(await proposalsOf(OPTIONS, 35))
    expect(inThread.seen.length).toBeGreaterThan(0)
  })

  it("misses no boundary for a policy that throws or answers no command", async () => {
    const { seen } = await proposalsOf({ ...OPTIONS, policy: SCRIPTED, deadlineMs: 10_000 }, 3)
    // The first command pauses the second boundary.
    expect(seen).toEqual([
      "1 boundary 1",
      expect.stringContaining("3 scripted.ts: its answer is not plain data"),
    ])
  })

  it("refuses a function inline with the remedy, and any thread where there is none", () => {
    const own = { ...OPTIONS, policy: () => null, placement: "inline" } as unknown as GrowthOptions
    expect(() => inNode(own)).toThrow(/placement: .*cannot be inline.*Export it as policy from a module/)
    expect(() => createGrowth({ ...OPTIONS, placement: "thread" })).toThrow(/placement: there is no thread/)
  })
})
