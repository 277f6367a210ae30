/** `arqon`: everything an application needs, in a browser as well as anywhere else. Under Node, `index.node.ts` stands in. */
import { createEngineOn, type CreateEngine } from "./runtime/createEngine.ts"
import { createVariantCatalogueOn, type CreateVariantCatalogue } from "./runtime/createVariantCatalogue.ts"
import { createFleetOn, type CreateFleet } from "./runtime/fleet/createFleet.ts"
import { memoryPlatform } from "./runtime/Platform.ts"

/** Makes an engine over the knobs of a live system; `docs/reference/configuration.md` lists every option. */
export const createEngine: CreateEngine = createEngineOn(memoryPlatform)

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
export type { EngineConfig, GuardrailConfig } from "./domain/Config.ts"
export type { DigestInput } from "./domain/Digest.ts"
export type { CoarseKnob, KnobConfig } from "./domain/ParamSpace.ts"
export type { Window } from "./domain/Window.ts"
export type { AuditRecord } from "./runtime/AuditRecord.ts"
export type { AuditSink } from "./runtime/AuditSink.ts"
export type { AuditState } from "./runtime/AuditTrail.ts"
export type {
  ArqonEngine,
  CreateEngine,
  EngineAudit,
  EngineObserver,
  EngineOptions,
} from "./runtime/createEngine.ts"
export type { KnobValues } from "./runtime/Engine.ts"
export type { StopOptions } from "./runtime/stopOptions.ts"
export type { Note } from "./runtime/noteOf.ts"
export type {
  ComparisonState,
  CycleState,
  EngineCounters,
  EngineSnapshot,
  SafeModeState,
} from "./runtime/EngineSnapshot.ts"
export type { Resumption } from "./domain/Resumption.ts"
export type {
  CreateFleet,
  Fleet,
  FleetCalls,
  FleetOptions,
  FleetPage,
} from "./runtime/fleet/createFleet.ts"
export type { FleetEngine } from "./runtime/fleet/FleetEngine.ts"
export type { FleetEvent } from "./runtime/fleet/fleetEvents.ts"
export {
  type FleetCommand,
  fleetLogic,
  type FleetLogicInput,
  type FleetReport,
} from "./runtime/fleet/fleetLogic.ts"
export type {
  FleetCounters,
  FleetEngineSnapshot,
  FleetQuery,
  FleetSnapshot,
} from "./runtime/fleet/fleetSnapshot.ts"
export type { SpawnOptions } from "./runtime/fleet/spawnOptions.ts"
export type { FleetConfig, FleetEngineConfig } from "./domain/FleetConfig.ts"
export type {
  RelayedInspection,
  SharedHandle,
  WorkerEngine,
  WorkerOptions,
  WorkerState,
} from "./runtime/WorkerEngine.ts"
export type { RollbackVerdict } from "./control/rollbackTest.ts"
export type { Subscription } from "./runtime/Listeners.ts"
export type { Studio, StudioOptions } from "./runtime/Platform.ts"
export { createSolver, restoreSolver } from "./runtime/createSolver.ts"
export { createProbe, type ProbeSamples } from "./solver/probeSamples.ts"
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
export type { Readings } from "./solver/Readings.ts"
export type { SearchSpace } from "./solver/SearchSpace.ts"
export type { DescentEvidence, Strategy, StrategyContext, StrategyDefinition } from "./solver/Strategy.ts"
export type {
  CreateVariantCatalogue,
  VariantCatalogue,
  VariantCatalogueOptions,
} from "./runtime/createVariantCatalogue.ts"
export type { SignedBy } from "./runtime/VariantCatalogue.ts"
export type { Learned } from "./domain/Learned.ts"
export type { EngineRelocation, OfferingCatalogue } from "./runtime/relocationApi.ts"
export type { KnownRegime, RelocationState, VariantSwitch } from "./runtime/Relocations.ts"
export type { VariantStore } from "./runtime/VariantStore.ts"
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
export { HomeostasisCache, type HomeostasisOptions } from "./control/HomeostasisCache.ts"
export type { Eviction, EvictionReason, Regime } from "./control/homeostasis.ts"
export type { ReentryPlan, ReentryState } from "./control/reentry.ts"
export { VariantSelector } from "./control/VariantSelector.ts"
export type {
  SelectionDecision,
  SelectionSettings,
  SelectionState,
  VariantReading,
} from "./control/variantSelection.ts"
