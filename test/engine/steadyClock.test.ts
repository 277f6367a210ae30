/**
 * The time an engine lives by, over clocks that jump. Root cause of the last case: an engine whose monotonic clock went back
 * by hours (the fault suite's `everyClock`) held its time, and with it every deadline, until the clock had caught up.
 */
import type * as Clock from "effect/Clock"
import { describe, expect, it } from "vitest"
import { steadyClock } from "../../src/engine/steadyClock.ts"

const HOUR_MS = 3_600_000

interface HandClock {
  wallMs: number
  steadyMs: number
  readonly clock: Clock.Clock
}

function handClock(): HandClock {
  const hand: HandClock = {
    wallMs: 1_000_000 * HOUR_MS,
    steadyMs: 5 * HOUR_MS,
    clock: {
      currentTimeMillisUnsafe: () => hand.wallMs,
      monotonicTimeNanosUnsafe: () => BigInt(hand.steadyMs) * 1_000_000n,
    } as Clock.Clock,
  }
  return hand
}

describe("the time of an engine", () => {
  it("starts at the wall clock and then follows monotonic time alone", () => {
    const hand = handClock()
    const now = steadyClock(hand.clock)
    const beganUs = now()
    expect(beganUs).toBe(hand.wallMs * 1000)
    for (const jumpMs of [3 * HOUR_MS, -6 * HOUR_MS]) {
      hand.wallMs += jumpMs
      hand.steadyMs += 7
    }
    expect(now() - beganUs).toBe(14_000)
  })

  it("continues from its last value when even monotonic time goes back", () => {
    const hand = handClock()
    const now = steadyClock(hand.clock)
    hand.steadyMs += 250
    const beforeUs = now()
    hand.steadyMs -= 4 * HOUR_MS
    expect(now()).toBe(beforeUs)
    hand.steadyMs += 20
    expect(now()).toBe(beforeUs + 20_000)
  })
})
