/** The code on the how-to pages, as it stands there. */
import { expect } from "vitest"
import { describePages, PAGES } from "./pageCode.ts"

describePages(PAGES.howTo, {
  /** The candidate of the first program is kept. It stayed in GERMINATED for ever, because callers come in every turn of its loop. */
  "docs/how-to/replace-a-function.md": ([first, why]) => {
    expect(first.trimEnd().split("\n")).toEqual([
      "dormant -> germinated: G0 passed",
      "germinated -> training: G0 passed",
      "training -> blending: G1 passed",
      "blending -> shadowing: G2 passed",
      "shadowing -> probationary: G3 passed",
      "probationary -> fossilized: G4 passed",
      "fossilized search-2026-11",
    ])
    expect(why).toContain("probationary -> fossilized")
  },
})
