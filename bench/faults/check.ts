/**
 * The judge of the fault suite: from the journal on the disk and from the plant's own record, never from what the engine
 * says of itself, whether the four properties held. Every finding is a sentence.
 */
import { existsSync } from "node:fs"
import { replayJournal, verifyJournal } from "../../src/platform/node/index.ts"
import { walkJournal } from "../../src/journal/read/walkJournal.ts"
import { knobs, type Look, type Values } from "./plant.ts"
import { type Trip, Witness } from "./Witness.ts"

/** What must hold after every fault. */
export const PROPERTIES = ["lastGood", "nothingLost", "withinBounds", "replayIdentical", "goesOn"] as const
export type Property = (typeof PROPERTIES)[number]
export type ByProperty = Readonly<Record<Property, ReadonlyArray<string>>>

/** Nothing found yet. */
export const noFindings = (): Record<Property, Array<string>> => ({
  lastGood: [],
  nothingLost: [],
  withinBounds: [],
  replayIdentical: [],
  goesOn: [],
})

export interface Findings {
  /** Empty where the property held. */
  readonly by: ByProperty
  /** Longest time from a trip, or from the start of a process, until the plant ran on its last good configuration. */
  readonly offGoodUs: number
  readonly trips: ReadonlyArray<Trip>
  readonly applies: number
  readonly rollbacks: number
}

/** One process as it is judged. */
export interface Life {
  readonly run: string
  readonly acknowledged: number
  readonly looks: ReadonlyArray<Look>
  /** It was stopped, not killed: its record must be whole to the end. */
  readonly stopped: boolean
  /** A file of an earlier run that was spoilt on purpose: what is wrong with it must be found, and nothing else may be wrong. */
  readonly spoilt?: string | undefined
}

/** Settle time of the engine in `child.ts`. */
const SETTLE_US = 2000

/** The runs of a journal, each followed to its end. Of the same name only the last. */
export function witnesses(directory: string): ReadonlyMap<string, Witness> {
  const found = new Map<string, Witness>()
  let settings: unknown = null
  walkJournal(directory, (item) => {
    // Every run has settings of its own.
    if (item.settings !== settings) found.set(item.run, new Witness(item))
    settings = item.settings
    found.get(item.run)?.take(item.numbers)
  })
  return found
}

/** The last process over a directory, after the one before (null: there was none). */
export function judge(directory: string, before: Witness | null, life: Life): Findings {
  const by = noFindings()
  const witness = existsSync(directory) ? (witnesses(directory).get(life.run) ?? null) : null
  if (witness === null) {
    // Killed before its first record was there: nothing was promised yet.
    if (life.acknowledged > 0) by.nothingLost.push(`the journal knows no run ${life.run}`)
    return { by, offGoodUs: 0, trips: [], applies: 0, rollbacks: 0 }
  }
  by.withinBounds.push(...witness.findings, ...plantFindings(witness, life))
  by.nothingLost.push(...recordFindings(directory, witness, life))
  const { findings, offGoodUs } = lastGood(witness, before, life)
  by.lastGood.push(...findings)
  const { verdict, text } = replayJournal(directory, { run: life.run })
  if (verdict !== "identical") by.replayIdentical.push(text.trim())
  const { trips, applies, rollbacks } = witness
  return { by, offGoodUs, trips, applies, rollbacks }
}

function recordFindings(directory: string, witness: Witness, life: Life): ReadonlyArray<string> {
  const { status, problems } = verifyJournal(directory)
  const about = (file: string): boolean => life.spoilt !== undefined && file.startsWith(life.spoilt)
  const others = problems.filter(({ file }) => !about(file))
  const unwell = status === "damaged" || (life.stopped && status !== "whole")
  const judged = life.spoilt === undefined ? unwell : others.length > 0
  return [
    ...(judged ? [`the journal is ${status}: ${others.map(({ detail }) => detail).join("; ")}`] : []),
    ...(life.spoilt !== undefined && others.length === problems.length
      ? [`nothing was found wrong with ${life.spoilt}`]
      : []),
    ...(witness.records < life.acknowledged
      ? [`record ${life.acknowledged} was acknowledged, the journal ends with ${witness.records}`]
      : []),
    ...(life.stopped && !witness.ended ? ["the record of a stop does not say so"] : []),
  ]
}

/** What the plant ran under: inside its bounds, and what the journal says was live. */
function plantFindings(witness: Witness, { looks }: Life): ReadonlyArray<string> {
  const found: Array<string> = []
  for (const { generation, values } of looks) {
    if (!insideBounds(values)) found.push(`the plant ran under ${JSON.stringify(values)}`)
    const recorded = witness.values(generation)
    // A killed process may have been ahead of its journal by what it had not acknowledged.
    if (recorded === null && generation <= witness.generation) {
      found.push(`generation ${generation} that the plant ran under is not in the journal`)
    } else if (recorded !== null && !same(values, recorded)) {
      found.push(
        `generation ${generation}: the plant ran under ${JSON.stringify(values)}, recorded is ${JSON.stringify(recorded)}`,
      )
    }
  }
  return found
}

const insideBounds = (values: Values): boolean =>
  (["batch", "timeout"] as const).every((name) => {
    const { min, max } = knobs[name]
    return values[name] >= min && values[name] <= max && (name !== "batch" || Number.isInteger(values[name]))
  })
const same = (values: Values, recorded: Readonly<Record<string, number>>): boolean =>
  values.batch === recorded["batch"] && values.timeout === recorded["timeout"]

/**
 * Every trip brings the plant to its base or baseline within one settle time and leaves it there; a stop leaves it on the
 * base; a process after another one begins on the baseline, before anything else runs under its knobs.
 */
function lastGood(
  witness: Witness,
  before: Witness | null,
  { looks, stopped }: Life,
): { readonly findings: ReadonlyArray<string>; readonly offGoodUs: number } {
  const findings: Array<string> = []
  let offGoodUs = 0
  for (const { reason, fromUs, untilUs, safeUs } of witness.trips) {
    const took = safeUs - fromUs
    // A run that was cut short between the two says nothing.
    if (took === Number.POSITIVE_INFINITY && untilUs === took && !stopped) continue
    offGoodUs = Math.max(offGoodUs, took)
    if (took > SETTLE_US)
      findings.push(`${reason}: the plant was off its last good configuration for ${took} us`)
    for (const { engineUs, generation } of looks) {
      // A look at the very end of it may be later than the exit that follows within the same microsecond.
      if (engineUs <= fromUs + SETTLE_US || engineUs >= untilUs || witness.good.has(generation)) continue
      if (generation > witness.generation) continue
      findings.push(`${reason}: ${engineUs - fromUs} us later the plant ran under generation ${generation}`)
      offGoodUs = Math.max(offGoodUs, engineUs - fromUs)
    }
  }
  const last = looks.at(-1)
  if (stopped && (last === undefined || !witness.good.has(last.generation))) {
    findings.push("the plant was left off its base")
  }
  findings.push(...beginning(witness, before))
  return { findings, offGoodUs }
}

/** After a crash the plant begins on the baseline; its cycle may leave it within the same call, by one step. */
function beginning(witness: Witness, before: Witness | null): ReadonlyArray<string> {
  if (before === null || before.ended || before.baseline === null || witness.start === null) return []
  const [is, was] = [witness.decoded(witness.start), before.decoded(before.baseline)].map((one) =>
    JSON.stringify(one),
  )
  return is === was ? [] : [`after the crash it began on ${is}, the baseline was ${was}`]
}
