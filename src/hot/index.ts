/**
 * `arqon/hot`: the numbers under everything. One imports it to run the loop without actors, to read the live
 * configuration from a worker, or to build on Tier 1. Loops over typed arrays, status codes out, no allocation after construction.
 *
 * Stability: unstable.
 */
export * from "./codes.ts"
export { circularMean01, diff01, wrap01 } from "./circle.ts"
export { KnobTable, type KnobNumbers } from "./KnobTable.ts"
export { checkGuardrails, type GuardrailNumbers } from "./Guardrails.ts"
export { AtomicConfig } from "./AtomicConfig.ts"
export { ConfigReader } from "./ConfigReader.ts"
export { MAX_TIME_US, RateWindow } from "./RateWindow.ts"
export { BudgetWindow } from "./BudgetWindow.ts"
export {
  AuditRing,
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_KNOB,
  RECORD_LIMIT,
  RECORD_MARGIN,
  RECORD_OBJECTIVE,
  RECORD_POINT,
  RECORD_PROPOSAL_ID,
  RECORD_SEQUENCE,
  RECORD_TIMESTAMP_US,
  RECORD_VALUE,
  RESERVED_RECORDS,
  type RecordVisitor,
} from "./AuditRing.ts"
export {
  P_EXPECTED_GENERATION,
  P_ID,
  P_LENGTH,
  P_NOW_US,
  P_TARGET,
  SafetyExecutor,
} from "./SafetyExecutor.ts"
export {
  WINDOW_CLOSED_US,
  WINDOW_EXPIRES_US,
  WINDOW_GENERATION,
  WINDOW_NOW_US,
  WINDOW_OPENED_US,
  WindowAccumulator,
  type WindowNumbers,
} from "./WindowAccumulator.ts"
export { type DigestFields, HotPath, type HotPathOptions } from "./HotPath.ts"
export type { HotPathRecord } from "./hotPathRecord.ts"
export { chacha8Block, drawSigns, SignDraw } from "./ChaCha8.ts"
export { DEFAULT_SPSA, type SpsaMode, type SpsaSettings } from "./spsaSettings.ts"
export {
  LOSS_MINUS,
  LOSS_PLUS,
  MARGIN_MINUS,
  MARGIN_PLUS,
  READINGS,
  SpsaKernel,
} from "./SpsaKernel.ts"
export { type CycleOptions, DEFAULT_CYCLE } from "./cycleOptions.ts"
export { SharedBudget, type SharedBudgetNumbers } from "./SharedBudget.ts"
export { HotLoop } from "./HotLoop.ts"
export {
  APPLYING_MINUS,
  APPLYING_PLUS,
  COMPUTING,
  FROZEN,
  READY,
  WAITING_MINUS,
  WAITING_PLUS,
} from "./phases.ts"
