/** Refuses what is asked for without a reason: every command is audited with one. */
import { growthProblem } from "../../domain/GrowthError.ts"

export function requireWhy(why: string): void {
  if (why.trim() === "") throw growthProblem("why", "is missing.", "Say why.")
}
