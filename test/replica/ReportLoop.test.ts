/** When a replica reports: after a failure it goes to the next address, and replicas that failed together do not come back together. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { ReplicaCore } from "../../src/replica/ReplicaCore.ts"
import { ReportLoop } from "../../src/replica/ReportLoop.ts"
import type { Link } from "../../src/replica/transport.ts"

const { space } = requireEngineConfig({ params: { batch: { min: 1, max: 101, initial: 21 } } })

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** When a replica asks whose every request fails, milliseconds since its start. */
function asks(boot: string, moves: boolean): ReadonlyArray<number> {
  const begun = performance.now()
  const at: Array<number> = []
  const link: Link = {
    send: () => {
      at.push(performance.now() - begun)
      return Promise.reject(new Error("nobody is there"))
    },
    moveOn: () => moves,
  }
  const identity = { tuner: "t", replica: boot, boot, space, maxStep: 0.1, emergencyMargin: -0.5 }
  const core = new ReplicaCore(identity)
  const loop = new ReportLoop({ core, link, boot, changed: () => {}, answered: () => {} })
  loop.start()
  return at
}

describe("a replica whose requests fail", () => {
  it("goes to the next address after 0.1 to 5 s, soon at first, and each at its own time", async () => {
    const all = Array.from({ length: 30 }, (_, i) => asks(`boot-${i}`, true))
    await vi.advanceTimersByTimeAsync(45_000)
    const gaps = all.map((at) => at.slice(1).map((ms, k) => ms - at[k]))
    const every = gaps.flat()
    expect(Math.min(...every)).toBeGreaterThanOrEqual(100)
    // A look at the time comes with it.
    expect(Math.max(...every)).toBeLessThanOrEqual(5_100)
    expect(Math.max(...gaps.map(([first]) => first))).toBeLessThanOrEqual(600)
    const late = gaps.map((one) => one[8])
    expect(new Set(late.map((ms) => Math.floor(ms / 1000))).size).toBe(5)
  })

  it("keeps its pace where there is no other address", async () => {
    const at = asks("boot", false)
    await vi.advanceTimersByTimeAsync(1_600)
    expect(at.slice(0, 4)).toEqual([0, 500, 1000, 1500])
  })
})
