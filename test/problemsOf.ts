import type { Problem } from "../src/domain/errors.ts"
import { ConfigError } from "../src/domain/errors.ts"
import { GrowthError } from "../src/domain/GrowthError.ts"

/** The problems of the ConfigError or GrowthError that a call throws. */
export function problemsOf(call: () => unknown): ReadonlyArray<Problem> {
  try {
    call()
  } catch (error) {
    if (error instanceof ConfigError || error instanceof GrowthError) return error.problems
    throw error
  }
  throw new Error("nothing was refused")
}
