/** A plant, a clock and a user that do everything wrong, as steps that a property can draw. */
import * as fc from "fast-check"
import type { ArqonEngine } from "../../src/index.ts"
import { bowl, type Knob, wobble } from "./plant.ts"

export type Step =
  | {
      readonly do: "digest"
      readonly objective: number
      readonly ageUs: number
      readonly generations: number
      readonly margin: number | undefined
    }
  | { readonly do: "live"; readonly digests: number }
  | { readonly do: "tick"; readonly byUs: number }
  | { readonly do: "call"; readonly call: "rollback" | "trip" | "reset" | "setBaseline" }

const nasty = fc.oneof(
  fc.double(),
  fc.constantFrom(
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    0,
    -0,
    1e308,
    -1e308,
    5e-324,
  ),
)

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("live"), digests: fc.integer({ min: 1, max: 40 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("digest"),
      objective: nasty,
      ageUs: fc.oneof(fc.integer({ min: -2_000_000, max: 2_000_000 }), nasty),
      generations: fc.integer({ min: -2, max: 2 }),
      margin: fc.option(fc.oneof(nasty, fc.double({ min: -1, max: 1 })), { nil: undefined }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("tick"), byUs: fc.integer({ min: -500_000, max: 5_000_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("call"),
      call: fc.constantFrom("rollback", "trip", "reset", "setBaseline"),
    }),
  },
)

export function take(engine: ArqonEngine<Knob>, one: Step): void {
  switch (one.do) {
    case "live":
      for (let i = 0; i < one.digests; i++) {
        engine.tick(engine.nowUs + 20_000)
        engine.observe({ objective: bowl(engine.values) + wobble(i, 0.01) })
      }
      return
    case "digest":
      engine.observe({
        objective: one.objective,
        timestampUs: engine.nowUs - one.ageUs,
        generation: engine.generation + one.generations,
        constraintMargin: one.margin,
      })
      return
    case "tick":
      return engine.tick(Math.max(0, engine.nowUs + one.byUs))
    case "call":
      return engine[one.call]()
  }
}
