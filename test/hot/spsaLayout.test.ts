/** The kernel's block: five files say what lies where in it, and none knows the others. */
import { describe, expect, it } from "vitest"
import * as covariate from "../../src/hot/covariateLayout.ts"
import * as earning from "../../src/hot/earningLayout.ts"
import * as excursion from "../../src/hot/excursionLayout.ts"
import * as lookAhead from "../../src/hot/lookAheadLayout.ts"
import * as spsa from "../../src/hot/spsaLayout.ts"

/** The slots of a file, by the letter that its names begin with. */
const slots = (file: object, letter: string): ReadonlyArray<number> =>
  Object.entries(file).flatMap(([name, slot]) =>
    name.startsWith(`${letter}_`) && typeof slot === "number" ? [slot] : [],
  )

describe("the scalars of the kernel's block", () => {
  it("lie each in a slot of its own, and fill the block up to its vectors", () => {
    const past = Array.from({ length: earning.E_CYCLES - 1 }, (_, k) => earning.E_PAST + 1 + k)
    const own = slots(earning, "E").filter((slot) => slot !== earning.E_CYCLES)
    /** Left free where something was taken out: places are part of recorded blocks. */
    const free = 19
    const all = [
      free,
      ...slots(spsa, "S"),
      ...slots(excursion, "X"),
      ...own,
      ...past,
      ...slots(lookAhead, "L"),
      ...slots(covariate, "C"),
    ]
    expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: spsa.SCALARS }, (_, slot) => slot))
  })
})
