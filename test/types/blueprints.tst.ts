/** A fault has another type than what can be planted: no call that plants takes one. */
import { describe, expect, test } from "tstyche"
import type { Fault } from "../../src/morph/blueprints/Blueprint.ts"
import { approveBlueprint, type Blueprint } from "../../src/morph/blueprints/index.ts"
import type { GrowthOptions } from "../../src/morph/index.node.ts"

declare const fault: Fault
declare const blueprint: Blueprint
const note = { by: "ada", why: "read" }

describe("a fault", () => {
  test("is no blueprint", () => {
    expect<Blueprint>().type.not.toBeAssignableFrom<Fault>()
    expect<NonNullable<GrowthOptions["blueprints"]>>().type.not.toBeAssignableFrom<ReadonlyArray<Fault>>()
    expect<NonNullable<GrowthOptions["blueprints"]>>().type.toBeAssignableFrom<ReadonlyArray<Blueprint>>()
  })

  test("cannot be approved", () => {
    expect(approveBlueprint).type.toBeCallableWith(blueprint, note)
    expect(approveBlueprint).type.not.toBeCallableWith(fault, note)
  })
})
