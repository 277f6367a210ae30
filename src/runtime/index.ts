/** `arqon/effect`: the engine for Effect programs. */
export {
  ConfigError,
  AuditError,
  DigestError,
  EngineFaultError,
  EngineStateError,
  FleetError,
  NoBaselineError,
} from "../domain/errors.ts"
export type { AuditRecord } from "./AuditRecord.ts"
export type { AuditSink } from "./AuditSink.ts"
export type { AuditState } from "./AuditTrail.ts"
export { Engine, type EngineNamed, type EngineService, type KnobValues } from "./Engine.ts"
export type { StopOptions } from "./stopOptions.ts"
export type { Resumption } from "../domain/Resumption.ts"
export type { CycleState, EngineCounters, EngineSnapshot, SafeModeState } from "./EngineSnapshot.ts"
export { Fleet, type FleetNamed, type FleetService } from "./fleet/FleetService.ts"
export type { Note } from "./noteOf.ts"
export { memoryPlatform, Platform, type PlatformService } from "./Platform.ts"
export { PROMETHEUS_CONTENT_TYPE } from "./prometheus.ts"
export { type RecordedRun, replay, type ReplayDifference, type ReplayResult } from "./replay.ts"
export { type RunTally, whatIf, type WhatIfResult } from "./whatIf.ts"
export { Variants } from "./Variants.ts"
export type { VariantStore } from "./VariantStore.ts"
export type { RuntimeOptions } from "./runEngine.ts"
