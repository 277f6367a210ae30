/**
 * What a command did: one report for each, over the boundaries that follow it, with the outcome from the measured change of the held-out
 * loss. What is open is plain data, so a restart in the middle of a window goes on with it and still gives one report.
 */
import type { OutcomeName } from "../contracts/enums.ts"
import type { PolicyCommand } from "./PolicyCommand.ts"

/** Boundaries of a window. */
export const REPORT_WINDOW = 3
/** Shares by which the held-out loss has to change to count. */
const SUCCESS = 0.01
const REGRESSION = 0.02

/** What a command did, as the held-out loss of the boundaries after it shows. */
export interface GrowthReport {
  /** Id of the command; there is one report for each. */
  readonly command: string
  readonly type: PolicyCommand["type"]
  readonly socket: string | null
  readonly blueprint: string | null
  readonly outcome: OutcomeName
  /** Boundary of the command, and the last one that was measured. */
  readonly from: number
  readonly to: number
  /** Held-out loss at the command, and the mean over the window; NaN where it was not measured. */
  readonly before: number
  readonly after: number
  /** Which policy proposed it. */
  readonly policy: string
  /** Why an aborted window ended; else the reason of the command. */
  readonly why: string
}

/** A window that is not full yet. */
export interface OpenReport {
  readonly command: string
  readonly type: PolicyCommand["type"]
  readonly socket: string | null
  readonly blueprint: string | null
  readonly from: number
  readonly before: number
  readonly policy: string
  readonly why: string
  readonly losses: ReadonlyArray<number>
}

export class ReportWindows {
  private open: ReadonlyArray<OpenReport>

  constructor(open: ReadonlyArray<OpenReport> = []) {
    this.open = open
  }

  /** A command is carried out at this boundary, at which the held-out loss is `loss`. An id that is open already is ignored. */
  begin(command: string, given: PolicyCommand, boundary: number, loss: number, policy: string): void {
    if (this.open.some((one) => one.command === command)) return
    const opened: OpenReport = {
      command,
      type: given.type,
      socket: given.type === "graft" ? given.socket : null,
      blueprint: given.type === "graft" ? (given.blueprint ?? null) : null,
      from: boundary,
      before: loss,
      policy,
      why: given.why,
      losses: [],
    }
    this.open = [...this.open, opened]
  }

  /** Takes the held-out loss of a boundary; returns the reports whose windows are full with it. */
  measure(boundary: number, loss: number): ReadonlyArray<GrowthReport> {
    // A boundary that is run again after a restart was measured before.
    const measured = this.open.map((one) =>
      boundary === one.from + one.losses.length + 1 ? { ...one, losses: [...one.losses, loss] } : one,
    )
    this.open = measured.filter(({ losses }) => losses.length < REPORT_WINDOW)
    return measured.filter(({ losses }) => losses.length >= REPORT_WINDOW).map((one) => reportOf(one, null))
  }

  /** Ends every open window: after a rollback or a stop nothing can be said about what the commands did. */
  abort(why: string): ReadonlyArray<GrowthReport> {
    const aborted = this.open.map((one) => reportOf(one, why))
    this.open = []
    return aborted
  }

  /** For a checkpoint; give it to the constructor to continue. */
  snapshot(): ReadonlyArray<OpenReport> {
    return this.open
  }
}

function reportOf({ losses, ...command }: OpenReport, aborted: string | null): GrowthReport {
  const after = losses.length === 0 ? Number.NaN : losses.reduce((sum, one) => sum + one, 0) / losses.length
  return {
    ...command,
    to: command.from + losses.length,
    after,
    outcome: aborted === null ? outcomeOf(command.before, after) : "aborted",
    why: aborted ?? command.why,
  }
}

/** A change that cannot be measured, because a number is missing, is a regression: nothing speaks for the command. */
export function outcomeOf(before: number, after: number): OutcomeName {
  const change = before === after ? 0 : (after - before) / Math.abs(before)
  if (!(change < REGRESSION)) return "regression"
  return change <= -SUCCESS ? "success" : "neutral"
}
