/**
 * `arqon`: everything an application needs, in a browser as well as anywhere else. Under Node, `index.node.ts` stands in.
 *
 * Stability: stable.
 */
import { createEngineOn, type CreateEngine } from "./engine/createEngine.ts"
import {
  createVariantCatalogueOn,
  type CreateVariantCatalogue,
} from "./engine/relocation/createVariantCatalogue.ts"
import { createFleetOn, type CreateFleet } from "./fleet/createFleet.ts"
import { memoryPlatform } from "./engine/contract/Platform.ts"

/** Makes an engine over the knobs of a live system; `docs/reference/configuration.md` lists every option. */
export const createEngine: CreateEngine = /* @__PURE__ */ createEngineOn(memoryPlatform)

// stability: unstable
/** Makes or opens a catalogue of variants; `docs/reference/variants.md` says what each call demands. */
export const createVariantCatalogue: CreateVariantCatalogue = /* @__PURE__ */ createVariantCatalogueOn(null)

/** Makes a fleet of engines by key; `docs/reference/fleet.md` lists every option and call. */
export const createFleet: CreateFleet = /* @__PURE__ */ createFleetOn(memoryPlatform)

export { GUARDRAILS } from "./domain/guardrailPresets.ts"
export {
  ArtifactError,
  AuditError,
  ConfigError,
  DigestError,
  EngineFaultError,
  EngineStateError,
  FleetError,
  NoBaselineError,
  type Problem,
  ResultError,
  StateError,
  VariantError,
} from "./domain/errors.ts"
export type { EngineConfig } from "./domain/Config.ts"
export type { GuardrailConfig } from "./domain/configSchema.ts"
export type { DigestInput } from "./domain/Digest.ts"
export type { CoarseKnob, KnobConfig } from "./domain/ParamSpace.ts"
export type { Window } from "./domain/Window.ts"
export type { AuditRecord } from "./domain/AuditRecord.ts"
export type { AuditSink } from "./engine/audit/AuditSink.ts"
export type { AuditState } from "./engine/audit/AuditTrail.ts"
export type { CreateEngine } from "./engine/createEngine.ts"
export type {
  ArqonEngine,
  EngineAudit,
  EngineObserver,
  EngineOptions,
} from "./engine/contract/ArqonEngine.ts"
export type { KnobValues } from "./engine/contract/KnobValues.ts"
export type { StopOptions } from "./engine/contract/stopOptions.ts"
export type { Note } from "./engine/contract/noteOf.ts"
export type {
  ComparisonState,
  CycleState,
  EngineCounters,
  EngineSnapshot,
  SafeModeState,
} from "./engine/contract/EngineSnapshot.ts"
export type { Resumption } from "./domain/Resumption.ts"
export type {
  CreateFleet,
  Fleet,
  FleetCalls,
  FleetOptions,
  FleetPage,
} from "./fleet/createFleet.ts"
export type { FleetEngine } from "./fleet/FleetEngine.ts"
export type { FleetEvent } from "./fleet/fleetEvents.ts"
// stability: unstable
export {
  type FleetCommand,
  fleetLogic,
  type FleetLogicInput,
  type FleetReport,
} from "./fleet/fleetLogic.ts"
export type {
  FleetCounters,
  FleetEngineSnapshot,
  FleetQuery,
  FleetSnapshot,
} from "./fleet/fleetSnapshot.ts"
export type { SpawnOptions } from "./fleet/spawnOptions.ts"
export type { FleetConfig, FleetEngineConfig } from "./domain/FleetConfig.ts"
export type {
  RelayedInspection,
  SharedHandle,
  WorkerEngine,
  WorkerOptions,
  WorkerState,
} from "./engine/contract/WorkerEngine.ts"
export type { RollbackVerdict } from "./control/rollbackTest.ts"
export type { Subscription } from "./engine/calls/Listeners.ts"
export type { Studio, StudioOptions } from "./engine/contract/Studio.ts"
export { createSolver, restoreSolver } from "./study/createSolver.ts"
// stability: unstable
export { createProbe, type ProbeSamples } from "./solver/probeSamples.ts"
// stability: unstable
export { type Rerun, rerun } from "./solver/rerun.ts"
export type { Classification, LandscapeFeatures, LandscapeLabel } from "./solver/Classification.ts"
export type { Bound, CreateSolver, NumericBound, ParamsOf, SolverInput } from "./solver/createSolver.ts"
export type { Failing } from "./solver/failing.ts"
export type { Result } from "./solver/results.ts"
export { parseRunArtifact, type RunArtifact } from "./solver/RunArtifact.ts"
export type { Params, ParamValue } from "./solver/SearchSpace.ts"
export type {
  Best,
  Solver,
  SolverCounts,
  SolverOptions,
  SolverPhase,
  TellReport,
  Trial,
} from "./solver/Solver.ts"
export { parseSolverConfig, type SolverConfig } from "./solver/SolverConfig.ts"
export { type HistoryEntry, parseSolverState, type SolverState } from "./solver/SolverState.ts"
// stability: unstable
export type { Readings } from "./solver/Readings.ts"
// stability: unstable
export type { SearchSpace } from "./solver/SearchSpace.ts"
// stability: unstable
export type { DescentEvidence, Strategy, StrategyContext, StrategyDefinition } from "./solver/Strategy.ts"
// stability: unstable
export type {
  CreateVariantCatalogue,
  VariantCatalogue,
  VariantCatalogueOptions,
} from "./engine/relocation/createVariantCatalogue.ts"
// stability: unstable
export type { SignedBy } from "./engine/relocation/VariantCatalogue.ts"
// stability: unstable
export type { Learned } from "./domain/Learned.ts"
// stability: unstable
export type { EngineRelocation, OfferingCatalogue } from "./engine/relocation/relocationApi.ts"
// stability: unstable
export type { KnownRegime, RelocationState, VariantSwitch } from "./engine/contract/RelocationState.ts"
// stability: unstable
export type { VariantStore } from "./engine/relocation/VariantStore.ts"
// stability: unstable
export type {
  Evidence,
  RollbackPlan,
  SelectableVariant,
  VariantConstraint,
  VariantContent,
  VariantRecord,
  VariantState,
  VariantTransition,
} from "./domain/Variant.ts"
// stability: unstable
export { HomeostasisCache, type HomeostasisOptions } from "./control/HomeostasisCache.ts"
// stability: unstable
export type { Eviction } from "./control/homeostasis.ts"
// stability: unstable
export type { EvictionReason, Regime } from "./control/relocationTypes.ts"
// stability: unstable
export type { ReentryPlan } from "./control/reentry.ts"
// stability: unstable
export type { ReentryState } from "./control/relocationTypes.ts"
// stability: unstable
export { VariantSelector } from "./control/VariantSelector.ts"
// stability: unstable
export type { SelectionDecision, VariantReading } from "./control/variantSelection.ts"
// stability: unstable
export type { SelectionSettings, SelectionState } from "./control/relocationTypes.ts"
