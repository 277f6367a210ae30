/**
 * The events that travel between Arqon's actors, as plain objects. One needs these types to send to the machines, to
 * provide an own telemetry actor, or to read an inspector's record. Every event that matters carries `nowUs`: nothing
 * here reads a clock.
 */
import type { AnyActorRef } from "xstate"
import type { SideReading } from "../src/control/rollbackTest.ts"
import type { SafeModePolicy } from "../src/control/tripRules.ts"
import type { Receipt, Standing, Violation } from "../src/domain/Receipt.ts"
import type { Window } from "../src/domain/Window.ts"
import type { NoChangeReason, SafeModeExit, TripReason } from "../src/domain/words.ts"
import type { Fence } from "../src/hot/fence.ts"
import type { GuardrailNumbers } from "../src/hot/Guardrails.ts"
import type { SpsaSettings } from "../src/hot/spsaSettings.ts"
import type { CycleLimits, Pace } from "./cycleLimits.ts"

/** A window closed with enough digests. */
export interface WindowEvent {
  readonly type: "window"
  readonly window: Window
  readonly nowUs: number
}

/** A expired window of time before it had enough digests. */
export interface WindowExpiredEvent {
  readonly type: "windowExpired"
  readonly nowUs: number
}

/**
 * Where the plant could stand, unit space: on its base now, on its baseline, where a person wanted it to begin. It
 * is overwritten for the next window.
 */
export interface GuardedPlace {
  readonly base: Float64Array
  readonly baseline: Float64Array
  readonly start: Float64Array
  /** How long a stay must last before it earns a baseline, microseconds; infinite where it earns none. */
  readonly stableUs: number
}

/** A window closed that the runaway guard sees first; `cycle`: who gets it when the guard has no objection. */
export interface JudgeEvent {
  readonly type: "judge"
  readonly window: Window
  readonly nowUs: number
  readonly place: GuardedPlace
  readonly cycle: AnyActorRef | null
}

/** Time has passed a deadline that someone asked to be woken for. */
export interface DeadlineEvent {
  readonly type: "deadline"
  readonly nowUs: number
}

/** Time has passed: it is now `nowUs`. */
export interface TickEvent {
  readonly type: "tick"
  readonly nowUs: number
}

/**
 * A request to open SafeMode. `secured` says that Tier 1 has already put the plant back and set the latch word, as it
 * does in an emergency.
 */
export interface TripEvent {
  readonly type: "trip"
  readonly reason: TripReason
  readonly nowUs: number
  readonly note?: string
  readonly secured?: boolean
  /** False where it led to no rollback although its reason asks for one: there is no baseline. */
  readonly rolledBack?: boolean
  /** The runaway guard has done so, and it alone says when SafeMode ends. No rollback, for nothing has been blamed yet. */
  readonly judge?: "guard"
}

/** A person's acknowledgement: SafeMode may close. */
export interface ResetEvent {
  readonly type: "reset"
  readonly nowUs: number
  readonly by?: string
  readonly note?: string
}

/** Tier 1's answers to a proposal. */
export interface AppliedEvent {
  readonly type: "applied"
  readonly receipt: Receipt
}
/** Tier 1 refused a proposal and changed nothing. */
export interface RefusedEvent {
  readonly type: "refused"
  readonly violation: Violation
  readonly nowUs: number
}

/** The cycle ends, nothing more is proposed until `resume`. */
export interface FreezeEvent {
  readonly type: "freeze"
  readonly nowUs: number
  /** Why it ends; "safeMode" when omitted. */
  readonly reason?: NoChangeReason
  /** An emergency is why SafeMode is open. */
  readonly emergency?: boolean
}

/** The plant stands on its base; begin afresh from there. */
export interface ResumeEvent extends Standing {
  readonly type: "resume"
  /** Number of the last proposal that anybody else made: it is not given again. */
  readonly lastId?: number
  /** What to keep to from here on; as before when omitted. */
  readonly guardrails?: CycleGuardrails
}

/** What of a guardrail policy is the cycle's affair. */
export interface CycleGuardrails {
  readonly maxStep: number
  readonly limits: CycleLimits
}

/** Tier 1 works by another guardrail policy from here on; the hot-path actor says so. */
export interface GuardrailsSetEvent {
  readonly type: "guardrailsSet"
  readonly policy: GuardrailNumbers
  readonly nowUs: number
}

/** Nothing goes beyond this for a while: the runaway guard has blamed what lies there. */
export interface FenceEvent {
  readonly type: "fence"
  readonly fence: Fence
}

/** What a cycle reports when it ends. Losses: lower is better. */
export interface CycleCompletedEvent {
  readonly type: "cycleCompleted"
  readonly nowUs: number
  /** Mean loss of the pair, and the estimated variance of one reading. */
  readonly mean: number
  readonly noise: number
  /** The base the pair was taken around, unit space. */
  readonly base: ReadonlyArray<number>
  readonly reheats: number
  readonly regressions: number
}

/** A run of regressions asks for the baseline. */
export interface RollbackRequestedEvent {
  readonly type: "rollbackRequested"
  readonly nowUs: number
}

/** A pair of windows is over: one under the baseline, one on the base. A side is null when its window expired. */
export interface PairReadEvent {
  readonly type: "pairRead"
  readonly nowUs: number
  readonly baseline: SideReading | null
  readonly tuned: SideReading | null
  /** The base that was measured, unit space. */
  readonly base: ReadonlyArray<number>
}

/** What a cycle sends its parent, or listeners of `actor.on`. */
export type CycleReport = CycleCompletedEvent | PairReadEvent | RollbackRequestedEvent | TripEvent

/** The cycle tunes on with these gains, at this pace; what it knows and what is in flight stays. */
export interface RetuneEvent {
  readonly type: "retune"
  readonly gains?: Partial<SpsaSettings>
  readonly pace?: Pace
}

/** What `spsaCycleMachine` answers to. */
export type SpsaCycleEvent =
  | WindowEvent
  | WindowExpiredEvent
  | TickEvent
  | AppliedEvent
  | RefusedEvent
  | FreezeEvent
  | ResumeEvent
  | FenceEvent
  | RetuneEvent

/** The plant was rolled back and no person wanted it: too many of these in an hour and a person is asked. */
export interface RolledBackEvent {
  readonly type: "rolledBack"
  readonly nowUs: number
}

/** A latch takes the place of another one: what that one remembered, and how it stood where it was open. */
export interface LatchResumedEvent {
  readonly type: "resumed"
  /** Times of the rollbacks within the last hour. */
  readonly rollbacksUs: ReadonlyArray<number>
  readonly open: {
    readonly reason: TripReason
    readonly exit: SafeModeExit
    readonly sinceUs: number
    readonly deadlineUs: number | null
  } | null
  readonly nowUs: number
}

/** What `safeModeMachine` answers to. */
export type SafeModeEvent =
  | TripEvent
  | LatchResumedEvent
  | ResetEvent
  /** A window closed while it was open, by that much better than at the trip; or the runaway guard says that it may end. */
  | {
      readonly type: "recovered"
      readonly improvement: number
      readonly nowUs: number
      readonly judge?: "guard"
    }
  | { readonly type: "drained"; readonly nowUs: number }
  /** Other numbers from the next trip on; what is open stays open, and until when it was. */
  | { readonly type: "policy"; readonly policy: SafeModePolicy; readonly nowUs: number }
  | RolledBackEvent
  | TickEvent

/** What the latch tells its parent: that it stands open, until when, and that it closed again. */
export type SafeModeReport =
  | {
      readonly type: "latched"
      readonly reason: TripReason
      readonly exit: SafeModeExit
      /** When it next wants to be woken; null when no time leads out. */
      readonly deadlineUs: number | null
      readonly nowUs: number
    }
  | { readonly type: "unlatched"; readonly exit: SafeModeExit; readonly nowUs: number }

/** Where the hot-path actor reports that the plant stands, after a start, a restore or a safety action. */
export interface PlantSettledEvent extends Standing {
  readonly type: "plantSettled"
}
