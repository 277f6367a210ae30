/**
 * Keeps where a tuner in one process stands in a folder. The epoch is on the disk before the first answer, and so are a baseline, SafeMode
 * and a rollback before they are announced: they are rare, and the process waits for the disk. What was learnt follows every minute.
 */
import { essenceOf, standingOf } from "../cohort/standingOf.ts"
import { ConfigError } from "../domain/errors.ts"
import { problem } from "../domain/problems.ts"
import { SECOND_US } from "../domain/Units.ts"
import type { AuditSink } from "../engine/audit/AuditSink.ts"
import { type LookedAt, TUNER_FILE_VERSION, type TunerDisk } from "./TunerDisk.ts"
import type { TunerHost } from "./TunerHost.ts"

/** How often what was learnt is saved, where it has changed. */
const SAVE_EVERY_US = 60 * SECOND_US
/** How long a save that failed is left alone. */
const RETRY_US = 250_000

export class KeptTuner {
  /** Why what must be saved is not; null: it is. */
  trouble: string | null = null
  readonly found: LookedAt
  private readonly disk: TunerDisk
  private readonly folder: string
  private saved = ""
  private savedUs = 0
  private savedCycles = -1
  private failedUs = Number.NEGATIVE_INFINITY

  /** Throws a ConfigError for a folder of another tuner, or one that cannot be read. */
  constructor(disk: TunerDisk, folder: string, name: string) {
    this.disk = disk
    this.folder = folder
    this.found = disk.look(folder)
    const of = this.found.left?.name ?? name
    if (of === name) return
    throw new ConfigError({
      problems: [
        problem(
          ["state"],
          `must be a folder of its own: ${folder} belongs to the tuner ${JSON.stringify(of)}.`,
          "Give every tuner another one.",
        ),
      ],
    })
  }

  /** Higher than any that a replica can have heard of. */
  epochFor(asked: number | undefined): number {
    return Math.max(asked ?? 1, (this.found.left?.epoch ?? 0) + 1)
  }

  /** Takes the folder. Where its records go. Rejects with an AuditError where another process has it. */
  take(): Promise<AuditSink> {
    return this.disk.take(this.folder, this.found.mark)
  }

  /** Saves what must be saved before an answer leaves, and now and then what was learnt. False: it is not saved. */
  keep(host: TunerHost): boolean {
    const { loop } = host
    const nowUs = loop.hot.nowCell[0]
    const counts = this.saved !== essenceOf(loop)
    const changed = loop.cycles !== this.savedCycles && nowUs - this.savedUs >= SAVE_EVERY_US
    if (!counts && !changed) return true
    if (nowUs - this.failedUs < RETRY_US) return !counts
    return this.save(host, false) || !counts
  }

  /** `ended`: it stops, and the next one goes on from here. */
  save(host: TunerHost, ended: boolean): boolean {
    const { loop, name, settings } = host
    const { epoch, cycles, hot } = loop
    const cohort = standingOf(loop, settings.space, `${name}-${epoch}`, ended)
    this.savedUs = hot.nowCell[0]
    try {
      this.disk.save(this.folder, { version: TUNER_FILE_VERSION, name, epoch, cohort })
    } catch (cause) {
      this.failedUs = this.savedUs
      this.trouble = `Where the tuner stands cannot be saved in ${this.folder}: ${cause instanceof Error ? cause.message : String(cause)}`
      return false
    }
    this.trouble = null
    this.failedUs = Number.NEGATIVE_INFINITY
    this.saved = essenceOf(loop)
    this.savedCycles = cycles
    return true
  }
}
