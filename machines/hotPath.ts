/**
 * The hot path as an actor: light logic around a `HotPath`, the only actor that holds one and so the only one through
 * which a configuration changes. Takes proposals from anybody and answers them; takes commands from its parent (the
 * engine) and reports to it where the plant stands. One needs it wherever actors are to drive a hot path.
 *
 * It is no state machine, because it has no states of its own: what it remembers lies in the `HotPath`.
 */
import type { ActorLogic, ActorSystem, ActorSystemInfo, AnyActorRef, Snapshot } from "xstate"
import { ACCEPTED } from "../src/hot/codes.ts"
import { carryOutGuard } from "../src/hot/guardActs.ts"
import type { GuardrailNumbers } from "../src/hot/Guardrails.ts"
import type { HotPath } from "../src/hot/HotPath.ts"
import type { HotPathRecord } from "../src/hot/hotPathRecord.ts"
import { P_EXPECTED_GENERATION, P_ID, P_LENGTH, P_NOW_US, P_TARGET } from "../src/hot/SafetyExecutor.ts"
import type { ApplyProposal, Proposal, RelocationStep } from "../src/domain/Proposal.ts"
import type { Receipt, Standing, Violation } from "../src/domain/Receipt.ts"
import {
  APPLY_KINDS,
  GUARD_ACTS,
  type GuardAct,
  type TripReason,
  tripCode,
  VIOLATIONS,
  type ViolationTag,
  type NoChangeReason,
} from "../src/domain/words.ts"
import {
  recordBaselineKept,
  recordEngineStarted,
  recordEngineStopped,
  recordNoChange,
  recordProposal,
  recordRegime,
  recordRelocation,
  recordVerdict,
  type VerdictNumbers,
} from "./hotAudit.ts"
import type { GuardrailsSetEvent } from "./events.ts"
import type { Opaque } from "./Opaque.ts"
import type { BindPort, ProposalEvent } from "./ProposalPort.ts"
import type { RegimeNote } from "./relocationEvents.ts"
import { relay, relayToParent } from "./relay.ts"
import { persistedAsData } from "./asData.ts"
import { shown } from "./shown.ts"
import { appliedEvent } from "./windowEvents.ts"

/** What its parent, the engine, tells the hot path. */
export type HotPathCommand =
  /** Audits the start, keeps the present configuration as baseline if asked, reports where the plant stands. */
  | { readonly type: "begin"; readonly nowUs: number; readonly keepAsBaseline: boolean }
  /** Returns to the base, audits the end, reports. */
  | { readonly type: "end"; readonly nowUs: number }
  /** To the baseline, or to the base while there is none; reports. `asked`: a person wants it. */
  | { readonly type: "rollback"; readonly nowUs: number; readonly asked?: boolean }
  /** Ends a perturbation; reports. */
  | { readonly type: "returnToBase"; readonly nowUs: number }
  | { readonly type: "setBaseline"; readonly nowUs: number }
  /** Puts another policy in force and ends a perturbation; reports both, or nothing where it was refused. */
  | { readonly type: "setGuardrails"; readonly policy: GuardrailNumbers; readonly nowUs: number }
  /** From here on Tier 1 applies nothing that is proposed. */
  | { readonly type: "openLatch"; readonly reason: TripReason; readonly nowUs: number }
  /** SafeMode waits for a person, though its reason would not. */
  | { readonly type: "demandReset"; readonly nowUs: number }
  /** Lets proposals through again; reports. */
  | { readonly type: "closeLatch"; readonly nowUs: number }
  | { readonly type: "noteRegressions"; readonly count: number }
  /** Audits what a comparison with the baseline, or the closing proof, concluded. */
  | { readonly type: "noteVerdict"; readonly verdict: VerdictNumbers; readonly nowUs: number }
  /** Audits a decision about a relocation that no proposal carries; what became of a regime. */
  | { readonly type: "noteRelocation"; readonly note: RelocationStep; readonly nowUs: number }
  | { readonly type: "noteRegime"; readonly note: RegimeNote; readonly nowUs: number }
  /** What the runaway guard asks for, with what it knew: the block described by `src/hot/guardLayout.ts`. Reports where it moves the plant. */
  | { readonly type: "guard"; readonly act: GuardAct; readonly block: Float64Array; readonly nowUs: number }
  /** Reports where the plant stands. */
  | { readonly type: "report"; readonly nowUs: number }
  | { readonly type: "wakeAt"; readonly atUs: number }
  | { readonly type: "reopenWindow" }

/** What `hotPathLogic` answers to: proposals from anybody, commands from its parent. */
export type HotPathEvent = ProposalEvent | HotPathCommand

/** What `hotPathLogic` is started with. */
export interface HotPathInput {
  readonly hot: Opaque<HotPath>
  /** Ties the proposers' port to this actor. */
  readonly bind?: Opaque<BindPort>
  /** Names of the knobs by id, for violations; numbers stand in for them. */
  readonly names?: ReadonlyArray<string>
}

/** Snapshot of `hotPathLogic`: always active, it has no states of its own. */
export type HotPathSnapshot = Extract<Snapshot<undefined>, { status: "active" }> & {
  readonly input: HotPathInput
  /** Set by a restore: what the hot path must be told once the actor runs. */
  readonly restored: Remembered | null
}

/** What a restored actor tells the hot path, whether that was made from the snapshot or given to it. */
export type Remembered = Pick<HotPathRecord, "baseline" | "latch" | "nowUs">

type Logic = ActorLogic<HotPathSnapshot, HotPathEvent, HotPathInput, ActorSystem<ActorSystemInfo>>
type Scope = Parameters<Logic["transition"]>[2]

/** Where the plant stands now, in copies. */
export function standing(hot: HotPath, nowUs: number): Standing {
  const { executor, config } = hot
  const band = new Float64Array(2 * config.knobs)
  executor.proposal[P_NOW_US] = nowUs
  executor.band(band)
  return {
    baseUnits: executor.base.slice(),
    generation: config.generation,
    nowUs,
    band,
    nextApplyUs: executor.nextApplyUs,
  }
}

function knobName(names: ReadonlyArray<string> | undefined, knob: number): string | null {
  return knob < 0 ? null : (names?.[knob] ?? String(knob))
}

function violationOf(
  hot: HotPath,
  proposal: ApplyProposal,
  tag: ViolationTag,
  names?: ReadonlyArray<string>,
): Violation {
  const { executor, config } = hot
  return {
    _tag: tag,
    proposalId: proposal.id,
    generation: config.generation,
    knob: knobName(names, executor.knob),
    value: executor.value,
    limit: executor.limit,
    nextApplyUs: executor.nextApplyUs,
  }
}

function receiptOf(hot: HotPath, proposal: ApplyProposal): Receipt {
  const { executor, config } = hot
  const units = new Float64Array(config.knobs)
  config.readUnits(units)
  const band = new Float64Array(2 * config.knobs)
  executor.band(band)
  return {
    proposalId: proposal.id,
    kind: proposal._tag,
    generation: config.generation,
    atUs: proposal.nowUs,
    units,
    band,
    nextApplyUs: executor.nextApplyUs,
  }
}

/** Where these lead is measured first: nobody asks for the next apply before that window is over. */
const MEASURED: ReadonlyArray<string> = ["applyPlus", "applyMinus", "visitBaseline"]

/** Asks to be woken when the next apply is possible; without that a cycle that waits for the rate would sleep on. */
export function wakeForNextApply(hot: HotPath, nowUs: number): void {
  const next = hot.executor.nextApplyUs
  if (next > nowUs) hot.wakeAt(next)
}

/** No change, and another window of the same place. */
const REOPENS: ReadonlySet<NoChangeReason> = new Set(["evalTimeout", "resting", "readingOn", "effectAwaited"])

function propose(
  hot: HotPath,
  proposal: Proposal,
  names: ReadonlyArray<string> | undefined,
  scope: Scope,
  replyTo: AnyActorRef,
): void {
  if (proposal._tag === "noChange") {
    recordNoChange(hot, proposal)
    if (REOPENS.has(proposal.reason)) hot.reopenWindow()
    return
  }
  const { executor } = hot
  if (proposal.relocation !== undefined) recordRelocation(hot, proposal.relocation, proposal.nowUs, proposal)
  recordProposal(hot, proposal)
  const inbox = executor.proposal
  inbox[P_NOW_US] = proposal.nowUs
  inbox[P_EXPECTED_GENERATION] = proposal.expectedGeneration
  inbox[P_ID] = proposal.id
  inbox[P_LENGTH] = proposal.targets.length
  const fitting = Math.min(proposal.targets.length, hot.config.knobs)
  for (let i = 0; i < fitting; i++) inbox[P_TARGET + i] = proposal.targets[i]
  if (proposal._tag === "update" && proposal.earned === true) executor.earn()
  // A return to the base is always a safety action.
  const status = hot.propose(APPLY_KINDS.indexOf(proposal._tag))
  const word = VIOLATIONS[status]
  const reply =
    word === "accepted"
      ? appliedEvent(receiptOf(hot, proposal))
      : { type: "refused", violation: violationOf(hot, proposal, word, names), nowUs: proposal.nowUs }
  if (status !== ACCEPTED || !MEASURED.includes(proposal._tag)) wakeForNextApply(hot, proposal.nowUs)
  relay(scope, replyTo, reply)
}

function rollBack(hot: HotPath, nowUs: number, asked?: boolean): void {
  hot.executor.proposal[P_NOW_US] = nowUs
  if (hot.config.hasBaseline) hot.rollback(asked)
  else hot.returnToBase()
}

function returnToBase(hot: HotPath, nowUs: number): void {
  hot.executor.proposal[P_NOW_US] = nowUs
  hot.returnToBase()
}

function settle(hot: HotPath, nowUs: number, scope: Scope): void {
  wakeForNextApply(hot, nowUs)
  relayToParent(scope, shown({ type: "plantSettled", ...standing(hot, nowUs) }))
}

function tellGuardrails({ executor }: HotPath, nowUs: number, scope: Scope): void {
  const notice: GuardrailsSetEvent = { type: "guardrailsSet", policy: executor.policy, nowUs }
  relayToParent(scope, notice)
}

function obey(hot: HotPath, command: HotPathCommand, scope: Scope): void {
  const { executor } = hot
  switch (command.type) {
    case "begin":
      recordEngineStarted(hot, command.nowUs)
      // Nothing was measured before: no window may have run out.
      if (command.nowUs > hot.nowUs) hot.nowCell[0] = command.nowUs
      hot.reopenWindow()
      executor.proposal[P_NOW_US] = command.nowUs
      // One that was kept over a restart is in this run's record too.
      if (hot.config.hasBaseline) recordBaselineKept(hot, command.nowUs)
      else if (command.keepAsBaseline) executor.setBaseline()
      return settle(hot, command.nowUs, scope)
    case "end":
      returnToBase(hot, command.nowUs)
      recordEngineStopped(hot, command.nowUs)
      return settle(hot, command.nowUs, scope)
    case "rollback":
      rollBack(hot, command.nowUs, command.asked)
      return settle(hot, command.nowUs, scope)
    case "returnToBase":
      returnToBase(hot, command.nowUs)
      return settle(hot, command.nowUs, scope)
    case "setBaseline":
      executor.proposal[P_NOW_US] = command.nowUs
      executor.setBaseline()
      return
    case "setGuardrails":
      executor.proposal[P_NOW_US] = command.nowUs
      if (hot.setGuardrails(command.policy) !== ACCEPTED) return
      tellGuardrails(hot, command.nowUs, scope)
      return settle(hot, command.nowUs, scope)
    case "openLatch":
      executor.proposal[P_NOW_US] = command.nowUs
      return executor.openLatch(tripCode(command.reason))
    case "demandReset":
      executor.proposal[P_NOW_US] = command.nowUs
      return executor.demandReset()
    case "closeLatch":
      executor.proposal[P_NOW_US] = command.nowUs
      executor.closeLatch()
      return settle(hot, command.nowUs, scope)
    case "noteRegressions":
      return executor.noteRegressions(command.count)
    case "noteVerdict":
      return recordVerdict(hot, command.verdict, command.nowUs)
    case "noteRelocation":
      return recordRelocation(hot, command.note, command.nowUs)
    case "noteRegime":
      return recordRegime(hot, command.note, command.nowUs)
    case "guard":
      carryOutGuard(hot, command.block, GUARD_ACTS.indexOf(command.act), command.nowUs)
      return command.act === "promote" ? undefined : settle(hot, command.nowUs, scope)
    case "report":
      return settle(hot, command.nowUs, scope)
    case "wakeAt":
      return hot.wakeAt(command.atUs)
    case "reopenWindow":
      return hot.reopenWindow()
  }
}

/** What a viewer is shown: where the plant stands is the engine's to show. */
const FORM = {
  toJSON(this: HotPathSnapshot): object {
    return { status: this.status }
  },
}

const snapshotOf = (input: HotPathInput, restored: Remembered | null): HotPathSnapshot =>
  Object.assign(Object.create(FORM) as object, {
    status: "active" as const,
    output: undefined,
    error: undefined,
    input,
    restored,
  })

/** Closer than this two positions are one: reading a value back and forth is not exact. */
const SAME = 1e-9

/** The plant to where it is safe: whatever was in flight when the snapshot was taken is gone. */
function takePlace(hot: HotPath, { baseline }: Remembered, nowUs: number): void {
  const { executor, config } = hot
  executor.proposal[P_NOW_US] = nowUs
  const elsewhere = baseline?.some((unit, i) => Math.abs(unit - executor.base[i]) > SAME) ?? false
  // One that has a baseline of its own has been in use since.
  if (baseline === null || config.hasBaseline || !elsewhere) returnToBase(hot, nowUs)
  else {
    executor.moveBaseline(Float64Array.from(baseline))
    hot.reopenWindow()
  }
}

/** XState's own event for the end of an actor, from any cause. */
const isStop = (event: { readonly type: string }): boolean => event.type === "xstate.stop"

/** The actor ends, perhaps without a command before: nobody else would end a perturbation. Who has to know of it ends as well. */
function leave(hot: HotPath): void {
  if (!hot.executor.onBase) returnToBase(hot, hot.nowUs)
}

/** Actor logic around the hot path given in input. */
export const hotPathLogic: Logic = persistedAsData<Logic>({
  transition: (snapshot, event, scope) => {
    const hot = snapshot.input.hot.get()
    if (event.type === "proposal") propose(hot, event.proposal, snapshot.input.names, scope, event.replyTo)
    else if (isStop(event)) leave(hot)
    // XState's other events come through here too and mean nothing to Tier 1.
    else if (!event.type.startsWith("xstate.")) obey(hot, event, scope)
    return snapshot
  },
  getInitialSnapshot: (_scope, input) => snapshotOf(input, null),
  getPersistedSnapshot: ({ status, input }) => {
    const { baseline, latch, nowUs } = input.hot.get().toJSON()
    const remembered: Remembered = { baseline, latch, nowUs }
    return { status, output: undefined, error: undefined, input, restored: remembered } as HotPathSnapshot
  },
  restoreSnapshot: (persisted) => {
    const { input, restored } = persisted as HotPathSnapshot
    return snapshotOf(input, restored)
  },
  start: (snapshot, scope) => {
    snapshot.input.bind?.get()(scope.self)
    if (snapshot.restored === null) return
    const hot = snapshot.input.hot.get()
    const nowUs = Math.max(hot.nowCell[0], snapshot.restored.nowUs)
    takePlace(hot, snapshot.restored, nowUs)
    if (snapshot.restored.latch > 0) hot.executor.openLatch(snapshot.restored.latch)
    if (snapshot.restored.baseline !== null && !hot.config.hasBaseline) hot.executor.setBaseline()
    // A restored actor may have another policy than the hot path was built with.
    tellGuardrails(hot, nowUs, scope)
    settle(hot, nowUs, scope)
  },
})
