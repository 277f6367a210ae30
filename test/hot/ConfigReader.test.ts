/** A reader beside its writer in one thread: what it copies and what it counts. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { UPDATE, ACCEPTED, TRIP_MANUAL } from "../../src/hot/codes.ts"
import { ConfigReader } from "../../src/hot/ConfigReader.ts"
import { bits, everyShape, linear, makeRig, unlimited } from "./rig.ts"

describe("ConfigReader", () => {
  it("reads what the writer has, whichever of its versions that is, with their sequence", () => {
    const shapes = fc.constantFrom([linear()], [linear(), linear(2, 3)], everyShape)
    fc.assert(
      fc.property(
        shapes,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 }),
        (knobs, moves) => {
          const rig = makeRig(knobs, { ...unlimited, maxStep: 1 })
          const reader = new ConfigReader(rig.config.buffer, knobs.length)
          let now = 0
          for (const to of moves) {
            const before = reader.sequence
            expect(
              rig.ask(
                UPDATE,
                ++now,
                knobs.map(() => to),
              ),
            ).toBe(ACCEPTED)
            expect((reader.sequence - before) >>> 0).toBe(1)
            const units = new Float64Array(knobs.length + 1).fill(-7)
            const values = new Float64Array(knobs.length + 1).fill(-7)
            expect(reader.readUnits(units)).toBe(rig.config.generation)
            expect(reader.read(values)).toBe(rig.config.generation)
            expect(bits(units)).toEqual(bits(Float64Array.of(...rig.live(), -7)))
            expect(values).toEqual(Float64Array.of(...knobs.map((_, i) => rig.config.value(i)), -7))
          }
          expect(reader.retries).toBe(0)
        },
      ),
    )
  })

  it("says whether SafeMode is open, and why", () => {
    const rig = makeRig([linear()])
    const reader = new ConfigReader(rig.config.buffer, 1)
    expect(reader.latch).toBe(0)
    rig.at(1).openLatch(TRIP_MANUAL)
    expect(reader.latch).toBe(TRIP_MANUAL)
    rig.at(2).closeLatch()
    expect(reader.latch).toBe(0)
  })

  it("refuses a buffer that is too small for its knobs", () => {
    const rig = makeRig([linear()])
    expect(() => new ConfigReader(rig.config.buffer, 9)).toThrow(RangeError)
  })
})
