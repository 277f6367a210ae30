/**
 * The record of a growing service, repeated: every transition from the figures that were measured, and all evidence from its pairs and
 * mirrors. Whatever is shown of a record comes from here, or is checked against it.
 */
import type { GraftCommand, GraftMove } from "../grafting/graftEvents.ts"
import type { GraftLife } from "../grafting/GraftLife.ts"
import { GraftTable } from "../grafting/GraftTable.ts"
import { lifeView } from "../growth/pieceView.ts"
import { pipelineGrafting } from "../growth/PipelineCore.ts"
import { COMMONEST_FAULT } from "../pipeline/Conduct.ts"
import type { PipelineThresholds } from "../pipeline/pipelineOptions.ts"
import { RecordedHost } from "../pipeline/RecordedHost.ts"
import { socketOf } from "../pipeline/slots.ts"
import type { PipelineEntry } from "../service/PipelineGrowth.ts"
import { EvidenceCheck, type RepeatedEvidence, type WindowEntry } from "./EvidenceCheck.ts"
import { type PipelineRun, plain } from "./PipelineLog.ts"

type EachWindow = (entry: WindowEntry, lives: ReadonlyArray<GraftLife>) => void

/** Where a record does not repeat itself. */
interface Difference {
  readonly boundary: number
  /** What is wrong with that window, as the end of a sentence. */
  readonly what: string
}

/** What a run came to when it was repeated. */
export interface RepeatedRun {
  readonly windows: number
  readonly moves: number
  /** The first window that comes out otherwise, or null. */
  readonly differentFrom: number | null
  /** What is wrong with that window, as the end of a sentence that begins with it. */
  readonly what: string | null
  /** Whether its last entry is that of `stop()`; null where the version that wrote it left none. */
  readonly isStopped: boolean | null
  /** What its evidence comes to, made again from every pair and mirror; null where the record has none of them. */
  readonly evidence: RepeatedEvidence | null
}

/** Whether transitions and evidence come out as they are recorded, as far as the record has them. */
export const repeatsItself = ({ differentFrom, evidence }: RepeatedRun): boolean =>
  differentFrom === null && (evidence?.different ?? null) === null

/** Since which version of a record every window has its tapes, and a run that was stopped its last entry. */
const WHOLE = 2

/** Repeats every transition of a run from its figures, and its evidence from its pairs. `seen` gets each window whose transitions are the same. */
export function replayPipeline(run: PipelineRun, seen: EachWindow = () => {}): RepeatedRun {
  const replay = new Replay(run.inputs)
  for (const entry of run.entries) {
    const different = replay.take(entry, seen)
    if (different !== null) return replay.endsWith(different)
  }
  return replay.endsWith(null)
}

class Replay {
  private readonly sockets: ReadonlyArray<string>
  private readonly host: RecordedHost
  private readonly table: GraftTable
  private readonly evidence: EvidenceCheck
  private readonly isWhole: boolean
  private isStopped = false
  private windows = 0
  private moves = 0
  private faults: ReadonlyArray<GraftMove> = []

  constructor({ version = 1, gates, grafting, sockets }: PipelineRun["inputs"]) {
    const thresholds = gates as PipelineThresholds
    this.sockets = sockets
    this.host = new RecordedHost(sockets, thresholds)
    this.table = new GraftTable({ host: this.host, options: pipelineGrafting(grafting, thresholds) })
    this.isWhole = version >= WHOLE
    this.evidence = new EvidenceCheck(thresholds, this.isWhole)
  }

  endsWith(different: Difference | null): RepeatedRun {
    const { windows, moves, evidence } = this
    const { boundary: differentFrom = null, what = null } = different ?? {}
    const isStopped = this.isWhole ? this.isStopped : null
    return { windows, moves, differentFrom, what, isStopped, evidence: evidence.found }
  }

  take(entry: PipelineEntry, seen: EachWindow): Difference | null {
    const { table } = this
    const before = entry.type === "window" ? entry.boundary - 1 : entry.after
    if (this.isStopped) return { boundary: before + 1, what: "follows the stop of its run" }
    if (before < table.boundary)
      return { boundary: before + 1, what: "stands behind a later one, and windows follow one another" }
    const missing = this.catchUp(before)
    if (missing !== null) return missing
    if (entry.type === "window") return this.window(entry, seen)
    if (entry.type === "stop") {
      this.isStopped = true
      return null
    }
    if (entry.type === "command") {
      this.evidence.command(entry)
      const { slot, command } = entry
      const refused = slot === null ? [] : table.command(slot, command as GraftCommand)
      if (refused.length === 0) return null
      return {
        boundary: before + 1,
        what: "follows a command that is recorded as taken, and would be refused",
      }
    }
    const culled = table.fault(entry.slot, "critical", entry.what)
    if (culled.length === 0)
      return { boundary: before + 1, what: `has a critical event in ${entry.slot}, where no candidate was` }
    this.evidence.moved(culled)
    this.faults = [...this.faults, ...culled]
    return null
  }

  /** Windows in which nothing was asked are not written; an embargo counts them all the same. */
  private catchUp(to: number): Difference | null {
    const { table } = this
    while (table.boundary < to) {
      // Where nobody waits for time, all of them are alike.
      const boundary = table.lives.every(isIdle) ? to : table.boundary + 1
      const { moves } = table.atBoundary(boundary)
      if (moves.length + this.faults.length + this.measured.length > 0)
        return { boundary, what: "is missing: a candidate was tried then, and every such window is written" }
    }
    return null
  }

  /** What was asked for figures at the last boundary. */
  private get measured(): ReadonlyArray<string> {
    const { table } = this
    return table.lives.flatMap(({ slot }) => (Object.keys(table.figuresOf(slot)).length > 0 ? [slot] : []))
  }

  private window(entry: WindowEntry, seen: EachWindow): Difference | null {
    const { host, table, evidence } = this
    const { boundary } = entry
    host.figures = new Map(entry.figures)
    const lacks = evidence.window(entry, host.figures, (slot) => table.lifeOf(slot).state)
    const report = table.atBoundary(boundary)
    evidence.moved(report.moves)
    const measured = host.figures
    host.figures = new Map()
    this.windows++
    this.moves += entry.moves.length
    const come = [...this.faults, ...report.moves]
    this.faults = []
    if (JSON.stringify(come, plain) !== JSON.stringify(entry.moves, plain))
      return { boundary, what: "does not repeat" }
    if (lacks !== null) return { boundary, what: lacks }
    if (this.measured.join() !== [...measured.keys()].join())
      return { boundary, what: "has figures of other candidates than were tried" }
    const shown = this.shown(entry)
    if (shown === null) seen(entry, table.lives)
    return shown
  }

  /** What is shown of the pieces at a transition. */
  private shown({ boundary, moves, pieces }: WindowEntry): Difference | null {
    const { table, sockets } = this
    const names = moves.length === 0 ? [] : sockets
    if (names.join() !== pieces.map(({ name }) => name).join())
      return { boundary, what: "does not show every socket" }
    for (const piece of pieces) {
      const { name } = piece
      const life = table.lives.findLast(({ slot }) => socketOf(slot) === name)
      const slot = life?.slot ?? name
      const again = {
        ...lifeView(name, slot, life, table.embargoes),
        candidate: life?.planting?.blueprint ?? null,
        ...(life?.state === "blending" ? { share: life.alpha } : {}),
      }
      for (const [field, value] of Object.entries(again))
        if (field in piece && !isShownAs(piece[field as keyof typeof again], value))
          return { boundary, what: `shows another ${field} of ${name} than its transitions come to` }
      this.evidence.piece(boundary, slot, piece)
    }
    return null
  }
}

/** Whether a value comes to what the record shows. Behind a cause may stand what the candidate did wrong most often. */
const isShownAs = (shown: unknown, again: unknown): boolean =>
  typeof shown === "string" && typeof again === "string"
    ? shown === again || shown.startsWith(`${again}${COMMONEST_FAULT}`)
    : JSON.stringify(again, plain) === JSON.stringify(shown, plain)

/** Nothing happens to it until somebody asks. */
const isIdle = ({ state, request, closing }: GraftLife): boolean =>
  (state === "dormant" || state === "fossilized" || state === "terminated") && request === null && !closing
