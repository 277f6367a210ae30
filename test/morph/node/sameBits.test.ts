/** The same program ends with the same bits in Node, in a thread and in a browser: steps of the four hosts of the benchmark. */
import { beforeAll, describe, expect, it } from "vitest"
import { hashes } from "../../../bench/tensor/cases.ts"
import { inChromium, inThread } from "../../../bench/tensor/elsewhere.ts"

const STEPS = 12

describe("training by the fast plan", () => {
  let own: ReadonlyArray<string>
  beforeAll(() => {
    own = hashes(STEPS, false)
  })

  it("ends with the same bits over shared and over plain memory, and with others a step earlier", () => {
    expect(hashes(STEPS, true)).toEqual(own)
    expect(new Set([...own, ...hashes(STEPS - 1, false)]).size).toBe(2 * own.length)
  })

  it("ends with the same bits in a thread", async () => {
    for (const there of await inThread(STEPS)) expect(there.hashes).toEqual(own)
  })

  it("ends with the same bits in Chromium, with cross-origin isolation and without", async () => {
    for (const there of await inChromium(STEPS)) expect(there.hashes).toEqual(own)
  })
})
