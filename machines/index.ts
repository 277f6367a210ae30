/**
 * `arqon/machines`: every statechart and actor logic, for plain XState.
 *
 * Stability: unstable.
 */
export type { SpsaCycleContext, SpsaCycleInput } from "./cycleContext.ts"
export { type CycleSummary, cycleSummary } from "./cycleReport.ts"
export { type CycleLimits, DEFAULT_CYCLE_LIMITS } from "./cycleLimits.ts"
export {
  type ClosingProofContext,
  type ClosingProofEvent,
  type ClosingProofInput,
  closingProofMachine,
  type ProofSettledEvent,
} from "./closingProof.machine.ts"
export { type CohortContext, type CohortEvent, type CohortInput, cohortMachine } from "./cohort.machine.ts"
export { type EngineActorRef, engineMachine } from "./engine.machine.ts"
export type { EngineContext, EngineDigest, EngineEvent, EngineInput, EngineOutput } from "./engineContext.ts"
export type {
  AppliedEvent,
  CycleCompletedEvent,
  CycleReport,
  DeadlineEvent,
  FreezeEvent,
  GuardedPlace,
  PlantSettledEvent,
  RefusedEvent,
  ResetEvent,
  ResumeEvent,
  RollbackRequestedEvent,
  RolledBackEvent,
  SafeModeEvent,
  SafeModeReport,
  SpsaCycleEvent,
  TickEvent,
  TripEvent,
  WindowEvent,
  WindowExpiredEvent,
} from "./events.ts"
export { type GraftActorRef, graftMachine, type GraftReport } from "./graft.machine.ts"
export { type GrowthActorRef, type GrowthInput, growthMachine, type GrowthReport } from "./growth.machine.ts"
export type { GraftAct, GraftCommand, GraftEvent, GraftMove } from "../src/morph/grafting/graftEvents.ts"
export type { GraftInput, GraftLife } from "../src/morph/grafting/GraftLife.ts"
export type { GrowthEvent, GrowthLife } from "../src/morph/grafting/growthMode.ts"
export {
  type HotPathCommand,
  type HotPathEvent,
  type HotPathInput,
  type HotPathSnapshot,
  hotPathLogic,
  standing,
} from "./hotPath.ts"
export { makeHotPath, type PlainHotPath, type PlainHotPathOptions, type PlainKnob } from "./makeHotPath.ts"
export { Opaque } from "./Opaque.ts"
export { type BindPort, type ProposalEvent, ProposalPort, type ProposalReceiver } from "./ProposalPort.ts"
export { SnapshotError } from "../src/domain/SnapshotError.ts"
export { type Json, type LiveParts, persist, revive, safeUnits } from "./persist.ts"
export { type ReplicaContext, type ReplicaEvent, replicaMachine } from "./replica.machine.ts"
export { relocationMachine } from "./relocation.machine.ts"
export type { RelocationEvent, RelocationReport } from "./relocationEvents.ts"
export type {
  RelocationContext,
  RelocationInput,
  RelocationMemory,
  RelocationPolicy,
} from "./relocationState.ts"
export { type RelocationPhase, relocationPhase } from "./relocationState.ts"
export {
  type GuardActedEvent,
  type RunawayContext,
  type RunawayEvent,
  type RunawayInput,
  runawayMachine,
} from "./runaway.machine.ts"
export { type SafeModeContext, type SafeModeInput, safeModeMachine } from "./safeMode.machine.ts"
export { type CyclePhase, cyclePhase, spsaCycleMachine } from "./spsaCycle.machine.ts"
export { dueEvent, hotTelemetry, type TelemetryEvent, type TelemetryInput } from "./telemetry.ts"
export { type SolverActorRef, solverMachine } from "./solver.machine.ts"
export {
  bestSoFar,
  pendingTrials,
  type SolverContext,
  type SolverMachineInput,
  type SolverOutput,
} from "./solverContext.ts"
export type {
  AskedEvent,
  AskEvent,
  RejectedEvent,
  SeedEvent,
  SolverEvent,
  SolverReply,
  SolverReport,
  StopEvent,
  TellEvent,
  ToldEvent,
} from "./solverEvents.ts"
export { SolverMoment } from "./SolverMoment.ts"
export {
  type VariantContext,
  type VariantEvent,
  type VariantInput,
  variantMachine,
  type VariantReport,
} from "./variant.machine.ts"
