/** How a replica follows its tuner: one word for metrics and studio, which agree after a restored database too. */
import { describe, expect, it } from "vitest"
import { type Following, replicaState } from "../../src/domain/replicaState.ts"

const EPOCH = 4
const healthy: Following = { silent: false, refused: null, current: true, confirmed: [EPOCH, 7] }
const stateOf = (more: Partial<Following>): string => replicaState({ ...healthy, ...more }, EPOCH)

describe("a replica", () => {
  it("follows what it has confirmed, and is behind until then", () => {
    expect(stateOf({})).toBe("following")
    expect(stateOf({ current: false, confirmed: [EPOCH, 6] })).toBe("behind")
  })

  it("is silent before anything else", () => {
    expect(stateOf({ silent: true, refused: "step" })).toBe("silent")
  })

  it("refuses nothing for an answer that was overtaken, of this owner or of the one before", () => {
    expect(stateOf({ refused: "older" })).toBe("following")
    expect(stateOf({ refused: "older", current: false, confirmed: [EPOCH - 1, 90] })).toBe("behind")
  })

  it("refuses an owner whose epoch it has left behind, while it has a lease of the later one and after that", () => {
    const restored = { refused: "older", current: false } as const
    expect(stateOf({ ...restored, confirmed: [EPOCH + 37, 2] })).toBe("refusing")
    expect(stateOf({ ...restored, confirmed: [0, 0] })).toBe("refusing")
    expect(stateOf({ refused: "table" })).toBe("refusing")
  })
})
