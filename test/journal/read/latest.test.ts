/** A window over what comes by, against the plain list. */
import fc from "fast-check"
import { expect, it } from "vitest"
import { Latest } from "../../../src/journal/read/Latest.ts"

it("holds the latest records in order at every moment", () => {
  fc.assert(
    fc.property(fc.nat(40), fc.nat(400), (most, count) => {
      const latest = new Latest<number>(most)
      const all = new Latest<number>()
      const plain: Array<number> = []
      for (let i = 0; i < count; i++) {
        plain.push(i)
        latest.add(i)
        all.add(i)
        expect(latest.list()).toEqual(plain.slice(Math.max(0, plain.length - most)))
      }
      expect(all.list()).toEqual(plain)
    }),
    { numRuns: 50 },
  )
})
