/** Roles: who knows the numbers knows the draw, and the sides are balanced wherever replicas differ. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { drawRoles, type Member } from "../../src/cohort/roles.ts"

const members = fc
  .uniqueArray(fc.record({ key: fc.string({ minLength: 1 }), stratum: fc.constantFrom("a", "b", "c") }), {
    selector: ({ key }) => key,
    maxLength: 60,
  })
  .map((list): ReadonlyArray<Member> => list)
const numbers = fc.record({ seed: fc.nat(), epoch: fc.integer({ min: 1, max: 1e9 }), draw: fc.nat() })
const ALL = { exposure: 1, control: 0 }

const count = (roles: ReadonlyArray<string>, role: string): number =>
  roles.filter((one) => one === role).length

describe("roles", () => {
  it("are the same for whoever knows the members and the numbers, in any order of the members", () => {
    fc.assert(
      fc.property(members, numbers, (list, at) => {
        const roles = drawRoles(list, ALL, at)
        const back = drawRoles(list.toReversed(), ALL, at).toReversed()
        expect(back).toEqual(roles)
      }),
    )
  })

  it("differ by one at most between the sides, in each stratum and in all", () => {
    fc.assert(
      fc.property(members, numbers, (list, at) => {
        const roles = drawRoles(list, ALL, at)
        for (const stratum of ["a", "b", "c", null]) {
          const within = roles.filter((_, i) => stratum === null || list[i].stratum === stratum)
          expect(Math.abs(count(within, "plus") - count(within, "minus"))).toBeLessThanOrEqual(1)
        }
      }),
    )
  })

  it("leave no more off the base than exposure allows, and one at least", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(members, numbers, share, (list, at, exposure) => {
        const roles = drawRoles(list, { exposure, control: 0 }, at)
        const off = count(roles, "plus") + count(roles, "minus")
        expect(off).toBeLessThanOrEqual(Math.max(1, exposure * list.length + 1e-6))
        if (list.length > 0) expect(off).toBeGreaterThan(0)
      }),
    )
  })

  it("keep the same controls in every draw", () => {
    const list = Array.from({ length: 20 }, (_, i) => ({ key: `replica-${i}`, stratum: "" }))
    const controls = (draw: number): ReadonlyArray<number> =>
      drawRoles(list, { exposure: 1, control: 0.2 }, { seed: 3, epoch: 1, draw }).flatMap((role, i) =>
        role === "control" ? [i] : [],
      )
    expect(controls(0)).toHaveLength(4)
    for (let draw = 1; draw < 20; draw++) expect(controls(draw)).toEqual(controls(0))
  })

  it("give every replica either side about as often", () => {
    const list = Array.from({ length: 7 }, (_, i) => ({ key: `replica-${i}`, stratum: i < 3 ? "a" : "b" }))
    const draws = 2000
    const plus = list.map(() => 0)
    for (let draw = 0; draw < draws; draw++) {
      drawRoles(list, ALL, { seed: 9, epoch: 4, draw }).forEach((role, i) => {
        if (role === "plus") plus[i]++
      })
    }
    // Five standard deviations of a fair coin.
    for (const times of plus) expect(Math.abs(times / draws - 0.5)).toBeLessThan(2.5 / Math.sqrt(draws))
  })
})
