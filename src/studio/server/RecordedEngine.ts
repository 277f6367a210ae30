/**
 * A run read from a journal as the studio shows it: nothing of it can be changed. Its frames are worked out when they are first
 * asked for; a journal that is still being written is read again as it grows.
 */
import { statSync } from "node:fs"
import { AUDIT_KINDS } from "../../domain/records.ts"
import { RECORD_KIND, RECORD_SEQUENCE } from "../../hot/AuditRing.ts"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { listSegments } from "../../journal/disk/journalSegments.ts"
import { loadRun } from "../../journal/replay/replayJournal.ts"
import { type JournalRun, walkJournal } from "../../journal/read/walkJournal.ts"
import { auditPage, type AuditQuery, isWanted } from "./auditSearch.ts"
import { settingsEntry } from "./engineEntry.ts"
import {
  type AuditPage,
  type EngineEntry,
  type Frames,
  type History,
  MOST_HISTORY_KNOBS,
} from "../protocol/protocol.ts"
import { Refusal } from "./refusal.ts"
import { framesOf, type RunFrames } from "./runFrames.ts"
import type { FrameQuery, StudioEngine } from "./StudioEngine.ts"

/** A growing journal is read again at most so often. */
const REREAD_MS = 2000

/** The runs of a journal, the last one first; those that this build cannot read are left out. */
export function recordedEngines(directory: string): ReadonlyArray<RecordedEngine> {
  const times = new Map<string, { fromUs: number; toUs: number }>()
  const { runs } = walkJournal(directory, ({ run, numbers }) => {
    const atUs = numbers[2]
    const known = times.get(run)
    if (known === undefined) times.set(run, { fromUs: atUs, toUs: atUs })
    else known.toUs = Math.max(known.toUs, atUs)
  })
  // The last of a name is what is meant by it.
  const named = new Map(runs.filter(({ settings }) => settings !== null).map((run) => [run.run, run]))
  return [...named.values()]
    .toReversed()
    .map((run) => new RecordedEngine(directory, run, times.get(run.run) ?? { fromUs: 0, toUs: 0 }))
}

export class RecordedEngine implements StudioEngine {
  readonly id: string
  readonly live = null
  private readonly directory: string
  private readonly run: JournalRun
  private readonly times: { readonly fromUs: number; readonly toUs: number }
  private worked: RunFrames | null = null
  private size = -1
  private readAtMs = Number.NEGATIVE_INFINITY

  constructor(directory: string, run: JournalRun, times: { readonly fromUs: number; readonly toUs: number }) {
    this.directory = directory
    this.run = run
    this.times = times
    this.id = run.run
  }

  entry(): EngineEntry {
    const { run, times } = this
    if (run.settings === null) throw new Refusal("failed", "This build cannot read the run.")
    return {
      id: this.id,
      name: run.settings.name ?? run.run,
      runId: run.run,
      source: "recorded",
      readOnly: true,
      ...settingsEntry(run.settings),
      recording: {
        ...times,
        records: run.records,
        ended: run.ended,
        withoutStates: this.worked?.withoutStates ?? null,
      },
    }
  }

  async audit(query: AuditQuery): Promise<AuditPage> {
    const found: Array<AuditRecord> = []
    let oldest: number | null = null
    walkJournal(this.directory, ({ run, numbers, words }) => {
      if (run !== this.id) return
      oldest ??= numbers[RECORD_SEQUENCE]
      if (numbers[RECORD_SEQUENCE] >= query.before) return
      if (query.kinds !== null && !query.kinds.has(AUDIT_KINDS[numbers[RECORD_KIND]])) return
      const record = words()
      if (!isWanted(record, query)) return
      found.push(record)
      // One more than a page says that there is another.
      if (found.length > query.limit + 1) found.shift()
    })
    const { history } = this.read()
    return { ...(await auditPage(found, query, (generation) => history.readingOf(generation))), oldest }
  }

  history(points: number, knobs: ReadonlyArray<string> | null): History {
    const { history } = this.read()
    return history.read(this.id, points, knobs ?? history.names.slice(0, MOST_HISTORY_KNOBS))
  }

  frames({ fromUs, toUs, atUs, limit }: FrameQuery): Frames {
    const { frames } = this.read()
    if (atUs === null) return { engine: this.id, ...frames.between(fromUs, toUs, limit) }
    const frame = frames.at(atUs)
    return { engine: this.id, total: frame === null ? 0 : 1, frames: frame === null ? [] : [frame] }
  }

  close(): void {
    this.worked = null
  }

  private read(): RunFrames {
    const now = performance.now()
    if (this.worked !== null && (this.run.ended || now < this.readAtMs + REREAD_MS)) return this.worked
    const size = sizeOf(this.directory)
    this.readAtMs = now
    if (this.worked !== null && size === this.size) return this.worked
    const loaded = loadRun(this.directory, { run: this.id })
    if (typeof loaded === "string") throw new Refusal("notFound", `${loaded}.`)
    if (this.run.settings === null) throw new Refusal("failed", "This build cannot read the run.")
    this.size = size
    this.worked = framesOf(loaded.recorded, this.run.settings)
    return this.worked
  }
}

/** Bytes of all segments. */
function sizeOf(directory: string): number {
  return listSegments(directory).reduce(
    (sum, { path }) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
}
