/**
 * Where an engine begins again, decided from where the last run was left: after a crash on its baseline, after a stop where
 * it stood, and with SafeMode as it was. Pure: the reader of the journal calls it, and so can a caller that wants to know beforehand.
 */
import { fits, type Resumption } from "../domain/Resumption.ts"
import type { ParamSpace } from "../domain/ParamSpace.ts"
import type { TripReason } from "../domain/words.ts"
import { sameGuardrails } from "../hot/guardrailRecord.ts"
import type { GuardrailNumbers } from "../hot/Guardrails.ts"
import { presetOf } from "./guardrails.ts"
import { exitFor, rollbacksInHour, type SafeModePolicy, stricterExit } from "./tripRules.ts"

/** Values by knob, user units. */
type Values = Readonly<Record<string, number>>

/** What a run has left behind. */
export interface LeftBehind {
  /** Null where nothing of it can be read. */
  readonly run: string | null
  readonly ended: boolean
  readonly atUs: number
  /** Where it stood without perturbation; null where that is not known. */
  readonly base: Values | null
  readonly baseline: Values | null
  /** Why SafeMode is open, in the order of the trips; empty while it is not. */
  readonly trips: ReadonlyArray<{ readonly reason: TripReason; readonly atUs: number }>
  readonly rollbacksUs: ReadonlyArray<number>
  /** The guardrails that a person put in force while it ran; null or absent where nobody did. */
  readonly guardrails?: GuardrailNumbers | null
  /** What was known of the plant's memory. */
  readonly memory?: Resumption["memory"]
  /** What is wrong with the record, in words; null where nothing is. */
  readonly damage: string | null
  /** Where the record is, for a person who has to look at it. */
  readonly directory?: string
}

interface ResumePolicy {
  /** `last`: a run that was stopped goes on where it stood; `baseline`: it too begins on its baseline. */
  readonly resume: "last" | "baseline"
  readonly safeMode: SafeModePolicy
  /** What the engine that begins goes by: always its configuration's. Absent: nothing is said of a change. */
  readonly guardrails?: GuardrailNumbers
  /** The time now; null where it is not known yet (manual time), and the old run's is taken to go on. */
  readonly nowUs: number | null
}

/** What is to be done about what was left behind, for an engine with these knobs. */
export function resumptionOf(left: LeftBehind, space: ParamSpace, policy: ResumePolicy): Resumption {
  // A clock that was set back meanwhile takes the times of before with it: a timer never waits longer than it had to.
  const shift = policy.nowUs === null ? 0 : Math.min(0, policy.nowUs - left.atUs)
  const rollbacksUs = left.rollbacksUs.map((us) => us + shift)
  const open =
    left.damage === null ? openLatch(left, policy.safeMode, rollbacksUs, shift) : damaged(left, policy)
  // A stop that does not say where it left the plant is no better than a crash.
  const onBase = left.ended && open === null && policy.resume === "last" && left.base !== null
  const wanted = (onBase ? left.base : (left.baseline ?? left.base)) ?? {}
  const start = fitting(wanted, space)
  const baseline = left.baseline === null ? null : fitting(left.baseline, space)
  const whole = baseline !== null && space.names.every((name) => name in baseline)
  return {
    start,
    baseline: whole ? baseline : null,
    safeMode: open,
    rollbacksUs,
    generation: null,
    ...(left.memory === undefined ? {} : { memory: left.memory }),
    from: { run: left.run, ended: left.ended, atUs: left.atUs, why: why(left, onBase, open) },
    warnings: [
      ...knobWarnings(wanted, start, space),
      ...(baseline === null || whole ? [] : ["The baseline is dropped: it does not fit the current knobs."]),
      ...guardrailWarnings(left.guardrails, policy.guardrails),
      ...(shift < 0 ? ["The clock is behind the end of that run, so its times were moved back."] : []),
    ],
  }
}

type Open = NonNullable<Resumption["safeMode"]>

function openLatch(
  { trips }: LeftBehind,
  policy: SafeModePolicy,
  rollbacksUs: ReadonlyArray<number>,
  shift: number,
): Open | null {
  if (trips.length === 0) return null
  const asked = trips.map(({ reason, atUs }) => ({
    reason,
    exit: exitFor(reason, policy, rollbacksInHour(rollbacksUs, atUs + shift)),
  }))
  // As the latch itself does it: a later trip can only make leaving harder, and later.
  const { reason, exit } = asked.reduce((one, next) =>
    stricterExit(one.exit, next.exit) === one.exit ? one : next,
  )
  const timed = exit === "timer" || exit === "objectiveRecovery"
  return {
    reason,
    sinceUs: trips[0].atUs + shift,
    exit,
    deadlineUs: timed ? trips[trips.length - 1].atUs + shift + policy.timerUs : null,
    detail: null,
  }
}

const damaged = ({ damage, atUs, directory }: LeftBehind, { nowUs }: ResumePolicy): Open => ({
  reason: "engineFault",
  sinceUs: nowUs ?? atUs,
  exit: "manualReset",
  deadlineUs: null,
  detail:
    `The journal is damaged: ${damage}. ` +
    `Inspect it (${directory === undefined ? "arqon audit verify" : `arqon audit verify ${directory}`}); ` +
    "restore it from a copy and restart the engine, or continue from here with reset().",
})

/** The values that a knob of today may take, on its grid. */
function fitting(values: Values, space: ParamSpace): Values {
  const { names, table } = space
  const there = names.flatMap((name, i) => {
    const value = values[name]
    if (!Object.hasOwn(values, name) || !fits(space, i, value)) return []
    const onGrid = table.step[i] > 0 ? table.decode(i, table.encode(i, value)) : value
    return [[name, onGrid] as const]
  })
  return Object.fromEntries(there)
}

/** More knobs than this are counted and not named. */
const NAMED = 20

function knobWarnings(before: Values, start: Values, space: ParamSpace): ReadonlyArray<string> {
  const initial = (i: number): string =>
    `begins at its initial ${space.table.decode(i, space.initialUnit[i])}`
  const known = new Set(space.names)
  // Nothing is known of where it stood: that is said elsewhere.
  if (Object.keys(before).length === 0) return []
  const warnings = [
    ...space.names.flatMap((name, i) => {
      const value = before[name]
      if (!Object.hasOwn(before, name)) return [`${name} is a new knob and ${initial(i)}.`]
      if (!Object.hasOwn(start, name))
        return [`${name} was ${value}, which is out of its bounds now: it ${initial(i)}.`]
      return start[name] === value
        ? []
        : [`${name} was ${value}, which is between its steps now: it begins at ${start[name]}.`]
    }),
    ...Object.keys(before)
      .filter((name) => !known.has(name))
      .map((name) => `${name} is no longer a knob.`),
  ]
  return warnings.length <= NAMED
    ? warnings
    : [...warnings.slice(0, NAMED), `And ${warnings.length - NAMED} knobs more.`]
}

/** A change that a person made while it ran was made to that run; to keep it, it has to be in the configuration. */
function guardrailWarnings(before?: GuardrailNumbers | null, now?: GuardrailNumbers): ReadonlyArray<string> {
  if (before === undefined || before === null || now === undefined || sameGuardrails(before, now)) return []
  const name = (policy: GuardrailNumbers): string => presetOf(policy) ?? "custom numbers"
  return [
    `The guardrails had been changed while it ran (${name(before)}): it begins with those of its configuration (${name(now)}).`,
  ]
}

function why({ run, ended, base, baseline, damage }: LeftBehind, onBase: boolean, open: Open | null): string {
  const what =
    run === null
      ? "Nothing of the last run can be read"
      : damage !== null
        ? `The record of run ${run} is damaged`
        : ended
          ? `Run ${run} was stopped`
          : `Run ${run} was cut short`
  const where =
    base === null && baseline === null
      ? "the plant begins on its initial values"
      : onBase
        ? "the plant begins where it was left"
        : baseline === null
          ? "the plant begins on its last base, because there was no baseline"
          : "the plant begins on its baseline"
  const latch = open === null ? "" : `, and SafeMode is open (${open.reason})`
  return `${what}: ${where}${latch}. Gains start over.`
}
