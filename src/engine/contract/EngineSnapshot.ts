/**
 * The state of an engine at one moment, as a plain value: what subscribers get, what a page shows, what a test compares.
 */
import type { ActorRefFrom, SnapshotFrom } from "xstate"
import { NOT_TRIPPED } from "../../hot/codes.ts"
import type { SpsaKernel } from "../../hot/SpsaKernel.ts"
import { judgeProof } from "../../control/closingProof.ts"
import type { GuardState } from "../../control/runaway.ts"
import type { Preset } from "../../domain/configSchema.ts"
import type { GuardrailNumbers } from "../../hot/Guardrails.ts"
import type { HotPath } from "../../hot/HotPath.ts"
import type { RollbackVerdict } from "../../control/rollbackTest.ts"
import type { Resumption } from "../../domain/Resumption.ts"
import {
  COVARIATE_BLINDED,
  type CovariateBlinded,
  LOOK_AHEAD,
  type LookAhead,
  type SafeModeExit,
  TRIP_REASONS,
  type TripReason,
  type Validity,
  type Verdict,
  type ViolationTag,
} from "../../domain/words.ts"
import type { closingProofMachine } from "../../../machines/closingProof.machine.ts"
import type { engineMachine } from "../../../machines/engine.machine.ts"
import type { runawayMachine } from "../../../machines/runaway.machine.ts"
import type { safeModeMachine } from "../../../machines/safeMode.machine.ts"
import { type CyclePhase, cyclePhase, type spsaCycleMachine } from "../../../machines/spsaCycle.machine.ts"
import type { AuditState } from "../audit/AuditTrail.ts"
import type { RelocationState } from "./RelocationState.ts"
import type { RestartCount } from "../supervision/Supervision.ts"

/** How the tuning stands; gain, probe and positions in unit space. */
export interface CycleState {
  readonly phase: CyclePhase
  /** Cycles since the gains were last re-opened, and in all. */
  readonly k: number
  readonly cycles: number
  /** Gain and probe size, unit space. */
  readonly eta: number
  readonly probe: number
  /** Estimated standard deviation of one reading, in units of the objective. */
  readonly noise: number
  /** Mean loss of the last cycle (lower is better; a maximised objective is negated); null before the first. */
  readonly loss: number | null
  readonly reheats: number
  /**
   * Whether readings are projected along their trend: "off" until a rise is seen that may come of the plant's memory, a "trial" that asks
   * whether it does, "on" with proof.
   */
  readonly lookAhead: LookAhead
  /** How far readings are projected; 0 while they are taken as they are. */
  readonly horizonUs: number
  /** Windows after each apply that are left out, because what is applied shows only behind them; mostly 0. */
  readonly lateWindows: number
  /** Null where none is configured. */
  readonly covariate: CovariateState | null
}

/** What is known of the covariate. */
export interface CovariateState {
  /** What one unit of it does to the loss, as the tuner goes by it. */
  readonly effect: number
  /** Share of the loss's variance that it explains. */
  readonly share: number
  /** Why it is left out; "no" while it is used. */
  readonly blinded: CovariateBlinded
}

/** Why SafeMode is open, since when, and what will end it. */
export interface SafeModeState {
  readonly reason: TripReason
  readonly sinceUs: number
  readonly exit: SafeModeExit
  /** When the timer ends; null when no time leads out. */
  readonly deadlineUs: number | null
}

/** A stop that was asked to prove its base first, while it measures. */
export interface ProofState {
  /** Pairs of windows asked for, and read so far. */
  readonly wanted: number
  readonly read: number
  /** Base less baseline, in units of the loss: three of four pairs so far lie at or below it. Null before the first pair. */
  readonly difference: number | null
}

/** How the tuned configuration stands against the baseline. */
export interface ComparisonState {
  /** The last verdict with its numbers; null before the first. */
  readonly verdict: RollbackVerdict | null
  /** Verdicts so far, by their word. */
  readonly counts: Readonly<Record<Verdict, number>>
  /** Usable pairs since the comparison began anew. */
  readonly pairs: number
  /** The advantage of the base has been seen once and is being measured again. */
  readonly confirming: boolean
}

/** Counts since the engine was made, read from the cells that the hot path keeps anyway. */
export interface EngineCounters {
  readonly digests: Readonly<Record<Validity, number>>
  /** Digests that a full lane dropped or refused on the way to a worker; in one thread none waits. */
  readonly digestsLost: number
  readonly windows: number
  readonly windowsExpired: number
  readonly applies: number
  readonly refused: Readonly<Record<ViolationTag, number>>
  readonly rollbacks: number
  readonly returnsToBase: number
  readonly trips: Readonly<Record<TripReason, number>>
  readonly cycles: number
  readonly clockHeld: number
  /** Calls of a user's functions that threw, in all and by what they are. */
  readonly listenerFailures: number
  readonly callbackFailures: Readonly<Record<string, number>>
  /** What died and was started anew. */
  readonly restarts: ReadonlyArray<RestartCount>
}

/** An engine at one moment: a value; what a subscriber gets is put into words as it is read. Times in the engine's microseconds, knobs in user units. */
export interface EngineSnapshot<Values = Readonly<Record<string, number>>> {
  /** What people call it; null where it has no name. */
  readonly name: string | null
  readonly runId: string
  readonly status: "idle" | "running" | "stopped"
  readonly mode: "adapting" | "safe"
  readonly nowUs: number
  readonly generation: number
  /** What the plant runs on. */
  readonly values: Values
  /** The current iterate, without perturbation. */
  readonly base: Values
  /** The last known good configuration; null while there is none. */
  readonly baseline: Values | null
  /** The policy in force, and the preset that it is; null where numbers of one's own are. */
  readonly guardrails: { readonly preset: Preset | null; readonly policy: GuardrailNumbers }
  readonly cycle: CycleState | null
  readonly safeMode: SafeModeState | null
  /** Whether what comes of tuning is worse than the baseline, and what is done about it; null before the start. */
  readonly guard: GuardState | null
  /** Null where no baseline windows are measured. */
  readonly comparison: ComparisonState | null
  /** How far the proof before a stop has come; null where none is under way. */
  readonly proof: ProofState | null
  /** Null where neither `homeostasis` nor `variants` is on. */
  readonly relocation: RelocationState | null
  readonly counters: EngineCounters
  readonly audit: AuditState
  /** What broke, when something did. */
  readonly fault: string | null
  /** Where it began and why, when it took the place of another run; null when it began anew. */
  readonly resumption: Resumption | null
}

export type EngineActor = ActorRefFrom<typeof engineMachine>

/** A snapshot of the SPSA cycle. */
export type CycleSnapshot = SnapshotFrom<typeof spsaCycleMachine>

type Children = {
  readonly cycle?: { getSnapshot(): CycleSnapshot }
  readonly latch?: { getSnapshot(): SnapshotFrom<typeof safeModeMachine> }
  readonly guard?: { getSnapshot(): SnapshotFrom<typeof runawayMachine> }
  readonly proof?: { getSnapshot(): SnapshotFrom<typeof closingProofMachine> }
}

/** How many cycles there were, or null while there is no cycle: asked after every event. */
export function cyclesOf(actor: EngineActor): number | null {
  const cycle = cycleOf(actor)
  return cycle === null ? null : cycle.context.kernel.get().cycles(cycle.context.block)
}

/** Where the SPSA cycle stands, or null while there is none. */
export function cycleState(actor: EngineActor): CycleState | null {
  const snapshot = cycleOf(actor)
  return snapshot === null ? null : cycleStateIn(snapshot)
}

/** The snapshot of the SPSA cycle, a value; null while there is none. */
export function cycleOf(actor: EngineActor): CycleSnapshot | null {
  const { cycle } = actor.getSnapshot().children as Children
  return cycle?.getSnapshot() ?? null
}

/** How a cycle stood. */
export function cycleStateIn(snapshot: CycleSnapshot): CycleState {
  const { kernel: box, block, generation } = snapshot.context
  const kernel = box.get()
  const cycles = kernel.cycles(block)
  const started = generation > 0
  return {
    phase: cyclePhase(snapshot),
    k: kernel.k(block),
    cycles,
    eta: kernel.eta(block),
    probe: started ? kernel.probe(block) : kernel.settings.probe,
    noise: kernel.noise(block),
    loss: cycles > 0 ? kernel.loss(block) : null,
    reheats: kernel.reheats(block),
    lookAhead: LOOK_AHEAD[kernel.lookAhead(block)],
    horizonUs: kernel.horizonUs(block),
    lateWindows: kernel.late(block),
    covariate: covariateState(kernel, block),
  }
}

function covariateState(kernel: SpsaKernel, block: Float64Array): CovariateState | null {
  if (kernel.settings.covariate === 0) return null
  return {
    effect: kernel.covariateEffect(block),
    share: kernel.covariateShare(block),
    blinded: COVARIATE_BLINDED[kernel.covariateBlinded(block)],
  }
}

/** The cycle's last proposal and whether it waits for an answer; null while there is no cycle that could. */
export function cycleAnswers(
  actor: EngineActor,
): { readonly lastId: number; readonly asked: boolean } | null {
  const { cycle } = actor.getSnapshot().children as Children
  const snapshot = cycle?.getSnapshot()
  return snapshot?.status === "active" ? snapshot.context : null
}

/** The block of the runaway guard, a value; null before there is one. */
export function guardBlockOf(actor: EngineActor): Float64Array | null {
  const { guard } = actor.getSnapshot().children as Children
  return guard?.getSnapshot().context.block ?? null
}

/** The machine measures before it stops. */
export const isProving = (actor: EngineActor): boolean => actor.getSnapshot().matches({ running: "proving" })

/** How far the proof before a stop has come, or null where none is under way. */
export function proofState(actor: EngineActor): ProofState | null {
  const { proof } = actor.getSnapshot().children as Children
  if (proof === undefined || !isProving(actor)) return null
  const { wanted, read, difference } = judgeProof(proof.getSnapshot().context.proof)
  return { wanted, read, difference }
}

/** What windows of the baseline have shown, or null where none are measured. */
export function comparisonState(actor: EngineActor): ComparisonState | null {
  const { comparison } = actor.getSnapshot().context
  if (comparison === null) return null
  const { verdict, counts, watch, advantage } = comparison
  return { verdict, counts, pairs: watch.pairs, confirming: advantage.confirming }
}

/** Why SafeMode is open, or null while it is not. */
export function safeModeState(actor: EngineActor, hot: HotPath): SafeModeState | null {
  const word = Atomics.load(hot.executor.latch, 0)
  const { latch } = actor.getSnapshot().children as Children
  const context = latch?.getSnapshot().context
  if (context !== undefined && context.reason !== null) {
    const { reason, sinceUs, exit, deadlineUs } = context
    return { reason, sinceUs, exit: exit ?? "manualReset", deadlineUs }
  }
  const reason = TRIP_REASONS[word]
  if (word === NOT_TRIPPED || reason === undefined || reason === "none") return null
  // Tier 1 holds the latch and no actor is left to say more: only a person leads out.
  return { reason, sinceUs: hot.nowUs, exit: "manualReset", deadlineUs: null }
}
