/**
 * Where the last run of a journal left its plant: what was live, what was the baseline, whether SafeMode was open and whether
 * the run ended or was cut short. One needs this after a crash, to know where to begin again, and for a status line.
 */
import {
  RECORD_CODE,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_POINT,
  RECORD_TIMESTAMP_US,
} from "../hot/AuditRing.ts"
import { AUDIT_BASELINE_SET, AUDIT_SAFE_MODE_ENTERED, AUDIT_SAFE_MODE_EXITED } from "../hot/codes.ts"
import { type TripReason, tripReason } from "../domain/words.ts"
import { showsLive } from "./readJournal.ts"
import { type JournalItem, walkJournal } from "./walkJournal.ts"

/** Values by knob, user units. */
export type Values = Readonly<Record<string, number>>

export interface LastStanding {
  readonly run: string
  /** The engine was stopped; false where it was killed, or is running. */
  readonly ended: boolean
  /** The engine's time of the last record. */
  readonly atUs: number
  readonly generation: number
  /** What was live; null before the first record that says so. May be a perturbation where the run was cut short. */
  readonly live: Values | null
  /** The configuration last known to be good. */
  readonly baseline: Values | null
  /** Why SafeMode is open, and since when; null while it is not. */
  readonly safeMode: { readonly reason: TripReason; readonly sinceUs: number } | null
  /** The record of the start: configuration, knob table, seed. */
  readonly start: Readonly<Record<string, unknown>> | null
}

/** What is remembered of a run while its records go past. */
class Standing {
  readonly item: JournalItem
  private atUs = 0
  private generation = 0
  private live: Float64Array | null = null
  private baseline: Float64Array | null = null
  private safeMode: LastStanding["safeMode"] = null

  constructor(item: JournalItem) {
    this.item = item
  }

  take({ numbers }: JournalItem): void {
    const kind = numbers[RECORD_KIND]
    const atUs = numbers[RECORD_TIMESTAMP_US]
    // A digest may be stamped anyhow, and time is never followed backwards.
    if (showsLive(kind) && atUs > this.atUs) this.atUs = atUs
    if (showsLive(kind)) {
      this.live = numbers.slice(RECORD_POINT)
      this.generation = numbers[RECORD_GENERATION]
    } else if (kind === AUDIT_BASELINE_SET) this.baseline = numbers.slice(RECORD_POINT)
    if (kind === AUDIT_SAFE_MODE_EXITED) this.safeMode = null
    else if (kind === AUDIT_SAFE_MODE_ENTERED) {
      const reason = tripReason(numbers[RECORD_CODE])
      if (reason !== null) this.safeMode = { reason, sinceUs: this.safeMode?.sinceUs ?? atUs }
    }
  }

  result(ended: boolean, start: LastStanding["start"]): LastStanding {
    const { names, table } = this.item.settings.space
    const values = (unit: Float64Array | null): Values | null =>
      unit === null ? null : Object.fromEntries(names.map((name, i) => [name, table.decode(i, unit[i])]))
    return {
      run: this.item.run,
      ended,
      atUs: this.atUs,
      generation: this.generation,
      live: values(this.live),
      baseline: values(this.baseline),
      safeMode: this.safeMode,
      start,
    }
  }
}

/** Where the last run stands, or null where the journal has none that this build can read. */
export function lastStanding(directory: string): LastStanding | null {
  let standing: Standing | null = null
  const { runs } = walkJournal(directory, (item) => {
    if (standing === null || standing.item.settings !== item.settings) standing = new Standing(item)
    standing.take(item)
  })
  const last = runs.at(-1)
  return last === undefined || standing === null ? null : resultOf(standing, last.ended, last.start)
}

const resultOf = (standing: Standing, ended: boolean, start: LastStanding["start"]): LastStanding =>
  standing.result(ended, start)
