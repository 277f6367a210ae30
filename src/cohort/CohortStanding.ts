/**
 * Where the owner of a tuner stands, as plain data: what its successor needs to go on. An owner that stopped is followed where it stood;
 * one that died is followed on its last baseline, with SafeMode open, as after the crash of an engine on one machine. Pure: a cluster
 * saves it, and hands it to the next owner.
 */
import { keptBaseline, type Resumption, ResumptionShape } from "../domain/Resumption.ts"
import type { ParamSpace } from "../domain/ParamSpace.ts"
import {
  anything,
  boolean,
  list,
  nullOr,
  number,
  object,
  optional,
  type ShapeType,
  string,
} from "../domain/Shape.ts"
import { readEvidence } from "./cohortEvidence.ts"
import { knobHash } from "./knobHash.ts"

export const CohortStandingShape = object({
  /** Configuration, baseline and SafeMode. Times are those of the owner that wrote it: only differences from `from.atUs` mean anything. */
  resumption: ResumptionShape,
  /** A person has stopped tuning, without SafeMode. */
  paused: boolean,
  /** What was learned, for the same knobs only. */
  learned: nullOr(
    object({
      table: string(),
      state: list(number()),
      guarded: list(number()),
      interferes: optional(boolean),
      own: list(object({ key: string(), mean: number(), cycles: number() })),
      /** What tests have shown so far: read apart (`cohortEvidence.ts`), so that a fault in it costs nothing but itself. */
      evidence: optional(anything),
    }),
  ),
})
export interface CohortStanding extends ShapeType<typeof CohortStandingShape> {}

/** For a standing that cannot be read: nothing is known but that there was an owner, so a fault it is. */
export const UNREADABLE_STANDING: CohortStanding = {
  resumption: {
    start: {},
    baseline: null,
    safeMode: null,
    rollbacksUs: [],
    generation: null,
    from: { run: null, ended: false, atUs: 0, why: "" },
    warnings: [],
  },
  paused: false,
  learned: null,
}

/** What the next owner begins with, at `nowUs` of its own clock, when the last one left this behind. */
export function successorOf(
  left: CohortStanding,
  space: ParamSpace,
  { nowUs, safeModeUs, rollbacksPerHour }: SuccessorPolicy,
): CohortStanding {
  const { resumption } = left
  const same = left.learned?.table === knobHash(space)
  const { evidence, dropped } = readEvidence(same ? left.learned?.evidence : undefined, space.names.length)
  const found = left.learned?.interferes === true || (evidence.interference?.found ?? null) !== null
  const learned = same && left.learned !== null ? { ...left.learned, interferes: found, evidence } : null
  const { from, baseline, safeMode, start } = resumption
  const shift = nowUs - from.atUs
  const kept = keptBaseline(space, resumption) === null ? null : baseline
  const before = resumption.rollbacksUs.map((us) => us + shift)
  // A kill is a rollback that nobody counted.
  const rollbacksUs = from.ended || kept === null ? before : [...before, nowUs]
  const open = safeMode && {
    ...safeMode,
    sinceUs: safeMode.sinceUs + shift,
    deadlineUs: safeMode.deadlineUs === null ? null : safeMode.deadlineUs + shift,
  }
  const tooOften = rollbacksUs.filter((us) => us > nowUs - HOUR_US).length > rollbacksPerHour
  const fault: Open = {
    reason: "engineFault",
    sinceUs: nowUs,
    exit: tooOften ? "manualReset" : "timer",
    deadlineUs: tooOften || !Number.isFinite(safeModeUs) ? null : nowUs + safeModeUs,
    detail: `The owner ${from.run ?? "before"} ended without saying so.`,
  }
  return {
    ...left,
    resumption: {
      ...resumption,
      start: from.ended ? start : (kept ?? start),
      baseline: kept,
      safeMode: from.ended ? open : open === null || tooOften ? { ...fault, ...reasonOf(open) } : open,
      rollbacksUs,
      from: { ...from, why: from.ended ? "Its owner has stopped." : "Its owner ended without saying so." },
      warnings: [
        ...(kept === baseline ? [] : ["The baseline is dropped: it does not fit the current knobs."]),
        ...(left.learned === null || same ? [] : ["What was learned is dropped: the knobs have changed."]),
        ...dropped,
      ],
    },
    learned,
  }
}

interface SuccessorPolicy {
  readonly nowUs: number
  /** How long SafeMode stays open after a fault; infinite where only a person leads out. */
  readonly safeModeUs: number
  readonly rollbacksPerHour: number
}

type Open = NonNullable<Resumption["safeMode"]>

/** A second death changes how SafeMode is left, and not why it was opened. */
const reasonOf = (open: Open | null): Partial<Open> =>
  open === null ? {} : { reason: open.reason, sinceUs: open.sinceUs }

const HOUR_US = 3_600_000_000
