/** Why a tuner tunes nothing now, and what ends that: in its status, and as the advice to who wants to roll something out. */
import type { CohortLoop } from "../cohort/CohortLoop.ts"
import { exitOf } from "../cohort/standingOf.ts"
import type { Problem } from "../domain/errors.ts"
import { problem } from "../domain/problems.ts"
import type { SafeModeExit } from "../domain/words.ts"

/** What a tuner that stands still waits for: a start, the `resume` after a person's pause, or what ends its SafeMode. */
export type Standstill = "start" | "resume" | SafeModeExit

/** Null: it tunes. `runs`: it was started, and not stopped. */
export function standstillOf(loop: CohortLoop, runs: boolean): Standstill | null {
  if (loop.tunes) return null
  if (!runs) return "start"
  return loop.isResting ? "resume" : exitOf(loop)
}

/** Why no candidate can begin meanwhile. */
export function standstillProblem(why: Standstill): Problem {
  const at = ["rollOut"]
  switch (why) {
    case "start":
      return problem(at, "cannot begin: the tuner does not run.", "Start it.")
    case "resume":
      return problem(at, "cannot begin: a person has paused the tuner.", "Send it `resume`.")
    case "manualReset":
      return problem(
        at,
        "cannot begin: SafeMode is open until a person resets it.",
        "Find out why it opened, then send `reset`.",
      )
    case "auditDrained":
      return problem(
        at,
        "cannot begin: SafeMode is open until the sinks take records again.",
        "Wait until they do.",
      )
    case "timer":
    case "objectiveRecovery":
      return problem(at, "cannot begin: SafeMode is open for a cooldown.", "Wait until it closes by itself.")
  }
}
