/**
 * Rules over time: temporal logic with real-valued verdicts, as text or built by functions, watched digest by digest or judged on
 * a recorded trace. Typed arrays inside; no clock, no chance, and no allocation per digest.
 *
 * Stability: unstable.
 */
export {
  always,
  and,
  type Bound,
  type BoundInput,
  channel,
  channelsOf,
  constant,
  eventually,
  type Formula,
  formulaText,
  historically,
  implies,
  next,
  not,
  once,
  type OneSided,
  or,
  positive,
  release,
  seconds,
  since,
  strongNext,
  type Sum,
  type TwoSided,
  until,
} from "./formula.ts"
export {
  type Calibration,
  EarlyWarning,
  type EarlyWarningOptions,
  type ReliabilityBin,
} from "./EarlyWarning.ts"
export { FormulaMonitor, type FormulaMonitorOptions, type Verdict } from "./FormulaMonitor.ts"
export { type Witness } from "./Part.ts"
export { type ChannelUnit, parseFormula, type ParseOptions } from "./parseFormula.ts"
export { type RecordedTrace, robustness } from "./robustness.ts"
export { Shield, SHIELD, type ShieldAxis, type ShieldTable } from "./Shield.ts"
