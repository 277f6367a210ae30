/** The state of an engine at one moment, as a plain value: what subscribers receive, pages show and tests compare. */
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
import type { RuleState } from "../../domain/Rule.ts"
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
import type { StabilityState } from "./StabilityState.ts"
import type { MetaState } from "./MetaState.ts"
import type { RelocationState } from "./RelocationState.ts"
import type { RestartCount } from "../supervision/Supervision.ts"

/** The state of tuning. Gain, probe and positions are in unit space. */
export interface CycleState {
  readonly phase: CyclePhase
  /** Cycles since the gains were last re-opened, and in total. */
  readonly k: number
  readonly cycles: number
  /** Gain and probe size, unit space. */
  readonly eta: number
  readonly probe: number
  /** Estimated standard deviation of one reading, in units of the objective. */
  readonly noise: number
  /**
   * Mean loss of the last cycle; lower is better, and a maximized objective is negated. Null before the first
   * cycle.
   */
  readonly loss: number | null
  readonly reheats: number
  /**
   * Whether readings are projected along their trend: "off" until a rise suggests that the plant has memory,
   * "trial" while that is tested, "on" once it is proven.
   */
  readonly lookAhead: LookAhead
  /** How far readings are projected; 0 while they are used as they are. */
  readonly horizonUs: number
  /** Windows left out after each apply because its effect shows only later; usually 0. */
  readonly lateWindows: number
  /** Null if no covariate is configured. */
  readonly covariate: CovariateState | null
}

/** What is known about the covariate. */
export interface CovariateState {
  /** The tuner's estimate of the change in loss per unit of covariate. */
  readonly effect: number
  /** Share of the loss's variance that it explains. */
  readonly share: number
  /** Why it is not used; "no" while it is used. */
  readonly blinded: CovariateBlinded
}

/** Why SafeMode is open, since when, and what will end it. */
export interface SafeModeState {
  readonly reason: TripReason
  readonly sinceUs: number
  readonly exit: SafeModeExit
  /** When the timer ends; null if no timer is running. */
  readonly deadlineUs: number | null
}

/** A stop with `{ prove }`, while it measures. */
export interface ProofState {
  /** Pairs of windows requested, and read so far. */
  readonly wanted: number
  readonly read: number
  /**
   * Base minus baseline, in units of the loss: three quarters of the pairs so far lie at or below it. Null before
   * the first pair.
   */
  readonly difference: number | null
}

/** How the tuned configuration compares with the baseline. */
export interface ComparisonState {
  /** The last verdict with its numbers; null before the first. */
  readonly verdict: RollbackVerdict | null
  /** Number of verdicts so far, by their word. */
  readonly counts: Readonly<Record<Verdict, number>>
  /** Usable pairs since the comparison last started over. */
  readonly pairs: number
  /** True while an advantage of the base, seen once, is measured again. */
  readonly confirming: boolean
}

/** Counts since the engine was created, read from cells that the hot path keeps anyway. */
export interface EngineCounters {
  readonly digests: Readonly<Record<Validity, number>>
  /** Digests dropped or refused by a full lane on the way to a worker; always 0 in one thread. */
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
  /** Calls of user functions that threw: total, and by kind. */
  readonly listenerFailures: number
  readonly callbackFailures: Readonly<Record<string, number>>
  /** What failed and was restarted. */
  readonly restarts: ReadonlyArray<RestartCount>
}

/**
 * An engine at one moment, as a value. Its larger parts are built when they are read. Times are in the engine's
 * microseconds, knobs in user units.
 */
export interface EngineSnapshot<Values = Readonly<Record<string, number>>> {
  /** The engine's name; null if it has none. */
  readonly name: string | null
  readonly runId: string
  readonly status: "idle" | "running" | "stopped"
  readonly mode: "adapting" | "safe"
  readonly nowUs: number
  readonly generation: number
  /** The live values. */
  readonly values: Values
  /** The current iterate, without perturbation. */
  readonly base: Values
  /** The last known good configuration; null while there is none. */
  readonly baseline: Values | null
  /** The policy in force and its preset; the preset is null for custom numbers. */
  readonly guardrails: { readonly preset: Preset | null; readonly policy: GuardrailNumbers }
  readonly cycle: CycleState | null
  readonly safeMode: SafeModeState | null
  /**
   * Whether tuning has made the objective worse than the baseline, and what is done about it; null before the
   * start.
   */
  readonly guard: GuardState | null
  /** Null if the comparison is off. */
  readonly comparison: ComparisonState | null
  /** Progress of the proof before a stop; null if there is none. */
  readonly proof: ProofState | null
  /** Null unless `homeostasis` or `variants` is on. */
  readonly relocation: RelocationState | null
  /** Whether the loop itself is stable; null unless `stability` is on. */
  readonly stability: StabilityState | null
  /** Null unless `meta` is on. */
  readonly meta: MetaState | null
  readonly counters: EngineCounters
  readonly audit: AuditState
  /** What failed, if anything did. */
  readonly fault: string | null
  /** Where and why it resumed, if it continues an earlier run; otherwise null. */
  readonly resumption: Resumption | null
  /** What should be configured otherwise, each in a sentence for a person; mostly empty. */
  readonly advice: ReadonlyArray<string>
  /** Where each rule stands; absent if there are none. */
  readonly rules?: ReadonlyArray<RuleState> | undefined
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

/** Number of cycles, or null while there is no cycle. Called after every event. */
export function cyclesOf(actor: EngineActor): number | null {
  const cycle = cycleOf(actor)
  return cycle === null ? null : cycle.context.kernel.get().cycles(cycle.context.block)
}

/** The state of the SPSA cycle, or null while there is none. */
export function cycleState(actor: EngineActor): CycleState | null {
  const snapshot = cycleOf(actor)
  return snapshot === null ? null : cycleStateIn(snapshot)
}

/** The snapshot of the SPSA cycle, a value, or null while there is none. */
export function cycleOf(actor: EngineActor): CycleSnapshot | null {
  const { cycle } = actor.getSnapshot().children as Children
  return cycle?.getSnapshot() ?? null
}

/** The state of a cycle, from its snapshot. */
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

/** The cycle's last proposal and whether it awaits an answer; null while no cycle can. */
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

/** True while the machine measures before a stop. */
export const isProving = (actor: EngineActor): boolean => actor.getSnapshot().matches({ running: "proving" })

/** Progress of the proof before a stop, or null if there is none. */
export function proofState(actor: EngineActor): ProofState | null {
  const { proof } = actor.getSnapshot().children as Children
  if (proof === undefined || !isProving(actor)) return null
  const { wanted, read, difference } = judgeProof(proof.getSnapshot().context.proof)
  return { wanted, read, difference }
}

/** What windows of the baseline have shown, or null if none are measured. */
export function comparisonState(actor: EngineActor): ComparisonState | null {
  const { comparison } = actor.getSnapshot().context
  if (comparison === null) return null
  const { verdict, counts, watch, advantage } = comparison
  return { verdict, counts, pairs: watch.pairs, confirming: advantage.confirming }
}

/** Why SafeMode is open, or null while it is closed. */
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
  // Tier 1 holds the latch and no actor is left to release it: only a person can.
  return { reason, sinceUs: hot.nowUs, exit: "manualReset", deadlineUs: null }
}
