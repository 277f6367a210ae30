/**
 * The clock that the threads of an engine share. Its offset was measured by one pair of readings: a thread that lost its processor
 * between them was behind for good, and refused every digest of the others as one of the future.
 */
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { sharedClock } from "../../src/worker/SharedEngine.ts"

describe("the clock that threads share", () => {
  it.each([1, 2, 3, 4, 5])("is right when the thread loses its processor at reading %i", (lost) => {
    let nowNanos = 7_000_000_000n
    let readings = 0
    const read = (): bigint => {
      nowNanos += ++readings === lost ? 40_000_000n : 1000n
      return nowNanos
    }
    const now = vi.spyOn(performance, "now").mockImplementation(() => Number(read()) / 1e6)
    const nanos = vi.spyOn(process.hrtime, "bigint").mockImplementation(read)
    onTestFinished(() => {
      now.mockRestore()
      nanos.mockRestore()
    })
    const clock = sharedClock({ originUs: 500, originNanos: 1_000_000_000n })
    const told = clock()
    expect(Math.abs(told - (500 + Number(nowNanos - 1_000_000_000n) / 1000))).toBeLessThan(10)
  })
})
