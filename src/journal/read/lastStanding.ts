/**
 * Where the last run of a journal left its plant: what was live, what was the baseline, whether SafeMode was open and whether
 * the run ended or was cut short. One needs this for a status line, or to begin there by hand; an engine with `state` does so
 * by itself. It reads the end of the journal only.
 */
import { valuesByName } from "../../domain/ParamSpace.ts"
import { type TripReason, tripReason } from "../../domain/words.ts"
import { readJournalEnd } from "../disk/journalEnd.ts"

/** Values by knob, user units. */
export type Values = Readonly<Record<string, number>>

/** Where a run left its plant; values in user units, times in the engine's microseconds. */
export interface LastStanding {
  /** Null where damage leaves no run that can be read. */
  readonly run: string | null
  /** The engine was stopped; false where it was killed, or is running. */
  readonly ended: boolean
  /** The engine's time of the last record. */
  readonly atUs: number
  readonly generation: number
  /** What was live; null before the first record that says so. May be a perturbation where the run was cut short. */
  readonly live: Values | null
  /** The same without perturbation. */
  readonly base: Values | null
  /** The configuration last known to be good. */
  readonly baseline: Values | null
  /** Why SafeMode is open, and since when; null while it is not. */
  readonly safeMode: { readonly reason: TripReason; readonly sinceUs: number } | null
  /** The record of the start: configuration, knob table, seed. */
  readonly start: Readonly<Record<string, unknown>> | null
  /**
   * What is wrong with the end of the journal, beyond a torn tail; all before that was taken. Null where nothing is. Code
   * that starts by hand from a damaged journal asks a person first.
   */
  readonly damage: string | null
}

/** Where the last run stands, or null where none was ever begun. Throws only what listing the directory does. */
export function lastStanding(directory: string): LastStanding | null {
  const end = readJournalEnd(directory)
  if (end === null) return null
  const { run, ended, space, start, damage } = end
  const { atUs, generation, live, base, baseline, trips } = end.standing
  const values = (point: ReadonlyArray<number> | null): Values | null =>
    point === null || space === null ? null : valuesByName(space, Float64Array.from(point))
  const reason = tripReason(trips.at(-1)?.code ?? 0)
  return {
    run,
    ended,
    atUs,
    generation,
    live: values(live),
    base: values(base),
    baseline: values(baseline),
    safeMode: reason === null ? null : { reason, sinceUs: trips[0].atUs },
    start,
    damage,
  }
}
