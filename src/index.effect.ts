/**
 * `arqon/effect`: the engine for Effect programs.
 *
 * Stability: unstable.
 */
export {
  ConfigError,
  AuditError,
  DigestError,
  EngineFaultError,
  EngineStateError,
  FleetError,
  NoBaselineError,
} from "./domain/errors.ts"
export type { AuditRecord } from "./domain/AuditRecord.ts"
export type { AuditSink } from "./engine/audit/AuditSink.ts"
export type { AuditState } from "./engine/audit/AuditTrail.ts"
export { Engine, type EngineNamed, type EngineService } from "./engine/Engine.ts"
export { type KnobValues } from "./engine/contract/KnobValues.ts"
export type { StopOptions } from "./engine/contract/stopOptions.ts"
export type { Resumption } from "./domain/Resumption.ts"
export type {
  CycleState,
  EngineCounters,
  EngineSnapshot,
  SafeModeState,
} from "./engine/contract/EngineSnapshot.ts"
export { Fleet, type FleetNamed, type FleetService } from "./fleet/FleetService.ts"
export type { Note } from "./engine/contract/noteOf.ts"
// stability: internal
export { memoryPlatform, Platform, type PlatformService } from "./engine/contract/Platform.ts"
export { PROMETHEUS_CONTENT_TYPE } from "./engine/metrics/prometheus.ts"
export {
  type RecordedRun,
  replay,
  type ReplayDifference,
  type ReplayResult,
} from "./journal/replay/replay.ts"
export { type RunTally, whatIf, type WhatIfResult } from "./journal/replay/whatIf.ts"
export { Variants } from "./engine/relocation/Variants.ts"
export type { VariantStore } from "./engine/relocation/VariantStore.ts"
// stability: internal
export type { RuntimeOptions } from "./engine/contract/RuntimeOptions.ts"
