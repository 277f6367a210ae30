/** `arqon` under Node: the list of `index.ts`, with a disk for `state: "./directory"`. */
import { createEngineOn, type CreateEngine } from "./runtime/createEngine.ts"
import { nodePlatform } from "./node/nodePlatform.ts"

/** Makes an engine over the knobs of a live system; `docs/reference/configuration.md` lists every option. */
export const createEngine: CreateEngine = createEngineOn(nodePlatform)

export { GUARDRAILS } from "./domain/guardrailPresets.ts"
export {
  AuditError,
  ConfigError,
  DigestError,
  EngineFaultError,
  EngineStateError,
  NoBaselineError,
  type Problem,
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
export type { CycleState, EngineCounters, EngineSnapshot, SafeModeState } from "./runtime/EngineSnapshot.ts"
export type { Subscription } from "./runtime/Listeners.ts"
