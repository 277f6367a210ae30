/**
 * `arqon/node`: what only Node has.
 *
 * Stability: stable.
 */
import "../../system/requireNode.ts"
// stability: unstable
export { type AttachedEngine, attachEngine } from "../../worker/attachEngine.ts"
export type { JournalState } from "../../journal/disk/journalFile.ts"
export { openJournal, type JournalSink } from "../../journal/disk/openJournal.ts"
export type { JournalOptions } from "../../journal/disk/journalOptions.ts"
export { openJsonLines } from "./sinks/jsonLinesSink.ts"
export { type LastStanding, lastStanding } from "../../journal/read/lastStanding.ts"
export { type HasMetrics, metricsHandler } from "./metricsHandler.ts"
// stability: internal
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
} from "../../journal/read/readJournal.ts"
export {
  type JournalReplay,
  type JournalWhatIf,
  type ReplayOptions,
  replayJournal,
  whatIfJournal,
} from "../../journal/replay/replayJournal.ts"
export { otlpLogs } from "./otlp/otlpLogs.ts"
export { type Measured, otlpMetrics, type OtlpMetricsOptions } from "./otlp/otlpMetrics.ts"
export type { OtlpOptions } from "./otlp/otlpPost.ts"
export { otlpTraces } from "./otlp/otlpTraces.ts"
export { openSqlite } from "./sinks/sqliteSink.ts"
// stability: unstable
export { pipelineStudio, type PipelineStudioOptions, type ShownPipeline } from "./pipelineStudio.ts"
export {
  type ShownCampaign,
  type ShownCluster,
  type ShownTuner,
  tunerStudio,
  type TunersShown,
} from "./tunerStudio.ts"
export { openSqliteVariants, SqliteVariants, type SqliteVariantsOptions } from "./variants/sqliteVariants.ts"
export { tailJournal, type TailOptions } from "../../journal/read/tailJournal.ts"
export type {
  JournalProblem,
  JournalRun,
  JournalSegment,
  JournalSummary,
} from "../../journal/read/walkJournal.ts"
export { whyChanged } from "../../journal/read/whyChanged.ts"
export { type KnobChange, type WindowEvidence } from "../../journal/read/KnobChange.ts"
