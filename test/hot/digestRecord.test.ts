/** A digest's record holds all of the digest. */
import * as fc from "fast-check"
import { expect, it } from "vitest"
import { AuditRing } from "../../src/hot/AuditRing.ts"
import { DIGEST_RECEIVED_US, DIGEST_VALIDITY, DIGEST_WIDTH } from "../../src/hot/codes.ts"
import { readDigestRecord, receivedAtUs, writeDigestRecord } from "../../src/hot/digestRecord.ts"

const USED = Math.max(DIGEST_VALIDITY, DIGEST_RECEIVED_US) + 1

it("a digest is read back from its record as it was, whatever the knobs", () => {
  const cells = fc.array(fc.double(), { minLength: USED, maxLength: USED })
  fc.assert(
    fc.property(cells, fc.integer({ min: 1, max: 9 }), (given, knobs) => {
      const digest = new Float64Array(DIGEST_WIDTH).fill(Number.NaN)
      digest.set(given)
      const audit = new AuditRing(knobs, 16)
      audit.block.fill(0.25)
      writeDigestRecord(audit, audit.reserve(), digest)
      const again = new Float64Array(DIGEST_WIDTH)
      audit.drain((block, at) => {
        const record = block.slice(at, at + audit.width)
        expect(receivedAtUs(record)).toBe(digest[DIGEST_RECEIVED_US])
        readDigestRecord(record, again)
      })
      expect([...again]).toEqual([...digest])
    }),
  )
})
