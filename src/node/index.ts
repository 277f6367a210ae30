/** `arqon/node`: what only Node has. */
export { type AttachedEngine, attachEngine } from "./worker/attachEngine.ts"
export type { JournalState } from "./journalFile.ts"
export { openJournal, type JournalSink } from "./openJournal.ts"
export type { JournalOptions } from "./journalOptions.ts"
export { openJsonLines } from "./jsonLinesSink.ts"
export { type LastStanding, lastStanding } from "./lastStanding.ts"
export { type HasMetrics, metricsHandler } from "./metricsHandler.ts"
export { NodePlatform, nodePlatform } from "./nodePlatform.ts"
export {
  exportJournal,
  type JournalFilter,
  type JournalReading,
  type JournalReport,
  readJournal,
  recordLine,
  reportText,
  timeText,
  verifyJournal,
} from "./readJournal.ts"
export {
  type JournalReplay,
  type JournalWhatIf,
  type ReplayOptions,
  replayJournal,
  whatIfJournal,
} from "./replayJournal.ts"
export { otlpLogs } from "./otlp/otlpLogs.ts"
export { type Measured, otlpMetrics, type OtlpMetricsOptions } from "./otlp/otlpMetrics.ts"
export type { OtlpOptions } from "./otlp/otlpPost.ts"
export { otlpTraces } from "./otlp/otlpTraces.ts"
export { openSqlite } from "./sqliteSink.ts"
export { openSqliteVariants, SqliteVariants, type SqliteVariantsOptions } from "./sqliteVariants.ts"
export { tailJournal, type TailOptions } from "./tailJournal.ts"
export type { JournalProblem, JournalRun, JournalSegment, JournalSummary } from "./walkJournal.ts"
export { type KnobChange, whyChanged, type WindowEvidence } from "./whyChanged.ts"
