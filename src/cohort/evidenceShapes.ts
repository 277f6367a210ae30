/** What numbers of a test can look like when they are read back: e-values, detectors, and how differences scatter (`control/pairEvidence.ts`). */
import { BETS, type Stakes } from "../control/pairEvidence.ts"
import { list, number, object, type Rule, type Shape } from "../domain/Shape.ts"

const atLeast0: Rule<number> = { expected: "0 or more", holds: (value) => value >= 0 }

export const countShape = number({
  expected: "a whole number from 0",
  holds: (value) => Number.isSafeInteger(value) && value >= 0,
})

export const stakesShape: Shape<Stakes> = list(number(atLeast0), {
  expected: `${BETS.length} numbers`,
  holds: ({ length }) => length === BETS.length,
})

export const noiseShape = object({
  pairs: countShape,
  spread: number(atLeast0),
  square: number(atLeast0),
})

/** Whether so many readings can have brought this: each less than doubles what is staked on it. */
export const canHaveCome = (stakes: Stakes, readings: number): boolean =>
  stakes.every((stake) => stake <= 2 ** readings)
