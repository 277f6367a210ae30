/** A GrowthError about one thing. */
import { GrowthError } from "../../domain/errors.ts"

export const growthProblem = (path: string, message: string, suggestion: string): GrowthError =>
  new GrowthError({ problems: [{ path, message, suggestion }] })
