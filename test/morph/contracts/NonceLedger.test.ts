import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import { NonceLedger } from "../../../src/morph/contracts/NonceLedger.ts"

describe("a ledger of nonces", () => {
  it("takes each id once, and keeps it for 300 seconds", () => {
    const ledger = new NonceLedger()
    expect(ledger.take("a", 0, 0)).toBeNull()
    expect(ledger.take("a", 0, 299_999)).toBe("seen")
    expect(ledger.size).toBe(1)
    expect(ledger.take("b", 299_000, 300_000)).toBeNull()
    expect(ledger.size).toBe(1)
  })

  it("takes nothing as old as what it forgot", () => {
    const ledger = new NonceLedger()
    ledger.take("a", 50, 0)
    expect(ledger.take("b", 300_000, 300_000)).toBeNull()
    expect(ledger.take("a", 50, 300_001)).toBe("forgotten")
    expect(ledger.take("c", 50, 0)).toBe("forgotten")
    expect(ledger.take("c", 51, 0)).toBeNull()
  })

  it("takes nothing new while it is full, until something has expired", () => {
    const ledger = new NonceLedger({ most: 2 })
    ledger.take("a", 1, 0)
    ledger.take("b", 2, 10)
    expect(ledger.take("c", 3, 20)).toBe("full")
    expect(ledger.take("a", 1, 20)).toBe("seen")
    expect(ledger.size).toBe(2)
    expect(ledger.take("c", 300_000, 300_000)).toBeNull()
    expect(ledger.take("d", 300_001, 300_001)).toBe("full")
  })

  it("takes nothing from before its start where it is told when that was", () => {
    const ledger = new NonceLedger({ seenUntilMs: 1_000 })
    expect(ledger.take("a", 1_000, 1_001)).toBe("forgotten")
    expect(ledger.take("a", 1_001, 1_001)).toBeNull()
  })

  it("never takes a message twice, whatever the clock does", () => {
    const step = fc.record({ id: fc.nat(5), nowMs: fc.integer({ min: -1_000_000, max: 1_000_000 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), (steps, most) => {
        const ledger = new NonceLedger({ most })
        const taken = new Set<number>()
        for (const { id, nowMs } of steps) {
          // A message has one time of issue, and that is its own.
          const answer = ledger.take(String(id), id * 1_000, nowMs)
          if (answer === null) {
            expect(taken.has(id)).toBe(false)
            taken.add(id)
          }
          expect(ledger.size).toBeLessThanOrEqual(most)
        }
      }),
    )
  })

  it("refuses options that would leave it without bounds", () => {
    for (const options of [{ most: 0 }, { most: Number.NaN }, { most: 1.5 }, { seenUntilMs: Number.NaN }])
      expect(() => new NonceLedger(options)).toThrow(GrowthError)
  })
})
