/** What another blueprint of its kind adds to a value is a task that each can learn: from birth, in a few hundred steps. */
import { describe, expect, it } from "vitest"
import { CATALOGUE } from "../../../src/morph/blueprints/more/all.ts"
import { lesson, taught } from "./lesson.ts"

describe("the blueprint", () => {
  it.each(CATALOGUE.filter(({ name }) => name !== "identity"))(
    "$name learns most of what another one of its kind adds",
    (blueprint) => {
      const [before, after] = taught(blueprint)
      expect(before).toBeGreaterThan(0.01)
      expect(after / before).toBeLessThan(0.2)
    },
  )

  it("identity learns nothing, which is what a control is for", () => {
    const [identity] = CATALOGUE.filter(({ name }) => name === "identity")
    expect(lesson(identity).every((x) => x === 0)).toBe(true)
  })
})
