/** Where a run begins, by the record of its start: what a reader knows of it before its first decision, and a writer too. */
import { KnobShape, makeParamSpace, paramProblems, type ParamSpace } from "../../domain/ParamSpace.ts"
import { readTotally } from "../../domain/readInput.ts"
import { keptBaseline, readResumption, startUnits } from "../../domain/Resumption.ts"
import { record } from "../../domain/Shape.ts"
import { tripCode } from "../../domain/words.ts"
import type { JournalHeader } from "./JournalHeader.ts"
import { NOWHERE, type StandingData } from "./Standing.ts"

/** Where a run begins. */
export interface Beginning {
  readonly standing: StandingData
  /** Why that may not be so, in words; null where it is. */
  readonly doubt: string | null
}

/** Where a run begins, by the record of its start. */
export function beginningOf(header: JournalHeader): Beginning {
  const space = spaceOf(header)
  if (space === null) return { standing: NOWHERE, doubt: null }
  const said = header.start?.["resume"] ?? null
  const resumed = readResumption(said)
  const start = Array.from(startUnits(space, resumed))
  const baseline = keptBaseline(space, resumed)
  const open = resumed?.safeMode ?? null
  return {
    standing: {
      ...NOWHERE,
      atUs: resumed?.from.atUs ?? 0,
      live: start,
      base: start,
      baseline: baseline === null ? null : Array.from(baseline),
      trips: open === null ? [] : [{ code: tripCode(open.reason), atUs: open.sinceUs }],
      rollbacksUs: resumed?.rollbacksUs ?? [],
    },
    doubt: said === null || resumed !== null ? null : "this build cannot read what its run had resumed",
  }
}

const Knobs = record(KnobShape)

/** The knobs of a run; null where its start does not say them, or this build does not know them. */
export function spaceOf(header: JournalHeader): ParamSpace | null {
  const knobs = readTotally(Knobs, header.start?.["knobs"], { excess: "drop" })
  if (!knobs.ok || paramProblems(knobs.value).length > 0) return null
  const space = makeParamSpace(knobs.value)
  return space.names.length === header.knobs ? space : null
}
