/** A policy on the record: what is written is what is read, number by number, and nothing else of the record is touched. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_POINT,
  RECORD_SEQUENCE,
  RECORD_TIMESTAMP_US,
} from "../../src/hot/AuditRing.ts"
import { readGuardrails, sameGuardrails, writeGuardrails } from "../../src/hot/guardrailRecord.ts"
import type { GuardrailNumbers } from "../../src/hot/Guardrails.ts"
import { balanced } from "./rig.ts"

const WIDTH = RECORD_POINT + 4
const names = Object.keys(balanced) as ReadonlyArray<keyof GuardrailNumbers>
const policies: fc.Arbitrary<GuardrailNumbers> = fc.record(
  Object.fromEntries(names.map((name) => [name, fc.double({ noNaN: true })])) as Record<
    keyof GuardrailNumbers,
    fc.Arbitrary<number>
  >,
)

describe("a policy on the record", () => {
  it("is read bit for bit as it was written, wherever the record is", () => {
    fc.assert(
      fc.property(policies, fc.nat(3), (policy, place) => {
        const block = new Float64Array(5 * WIDTH).fill(-7)
        writeGuardrails(block, place * WIDTH, policy)
        expect(readGuardrails(block, place * WIDTH)).toEqual(policy)
        // Twelve places of this record are the policy's: what every record has stays, and so do its neighbours.
        expect(block.filter((x) => x !== -7).length).toBeLessThanOrEqual(names.length)
        for (const own of [RECORD_SEQUENCE, RECORD_KIND, RECORD_TIMESTAMP_US, RECORD_GENERATION])
          expect(block[place * WIDTH + own]).toBe(-7)
        expect(block.subarray(0, place * WIDTH).every((x) => x === -7)).toBe(true)
        expect(block.subarray((place + 1) * WIDTH).every((x) => x === -7)).toBe(true)
      }),
    )
  })

  it("has a separate place for every number", () => {
    for (const name of names) {
      const block = new Float64Array(WIDTH)
      const zeros = Object.fromEntries(names.map((one) => [one, 0])) as Record<keyof GuardrailNumbers, number>
      writeGuardrails(block, 0, { ...zeros, [name]: 3 })
      expect(block.filter((x) => x === 3)).toHaveLength(1)
      expect(readGuardrails(block, 0)).toEqual({ ...zeros, [name]: 3 })
    }
  })
})

describe("two policies", () => {
  it("are the same only if every number is the same", () => {
    expect(sameGuardrails(balanced, { ...balanced })).toBe(true)
    for (const name of names) {
      expect(sameGuardrails(balanced, { ...balanced, [name]: balanced[name] + 1 })).toBe(false)
      // A limit that is lifted is itself.
      const lifted = { ...balanced, [name]: Number.POSITIVE_INFINITY }
      expect(sameGuardrails(lifted, { ...lifted })).toBe(true)
      expect(sameGuardrails(lifted, balanced)).toBe(false)
    }
  })
})
