/** What a tuner in one process needs of a disk to survive that process. A browser has none; `replica/node` has Node's. */
import { type CohortStanding, CohortStandingShape } from "../cohort/CohortStanding.ts"
import { number, object, type ShapeType, string } from "../domain/Shape.ts"
import type { AuditSink } from "../engine/audit/AuditSink.ts"

export const TUNER_FILE_VERSION = 1

/** The file in a folder that says where its tuner stands. */
export const TunerFileShape = object({
  version: number(),
  name: string(),
  /** That of the process that wrote it. */
  epoch: number(),
  cohort: CohortStandingShape,
})
export interface TunerFile extends ShapeType<typeof TunerFileShape> {}

/** What the tuner before left in a folder. */
export interface LeftTuner {
  /** Null where only its records say anything. */
  readonly name: string | null
  readonly epoch: number
  readonly cohort: CohortStanding
}

/** A folder as it was looked at. */
export interface LookedAt {
  /** Null where nobody was there. */
  readonly left: LeftTuner | null
  /** What it was, to be recognised. */
  readonly mark: string | null
}

export interface TunerDisk {
  /** Reads what was left in a folder. Throws a ConfigError where something was, and nobody can tell which epoch it had. */
  readonly look: (folder: string) => LookedAt
  /** Takes the folder, as it was looked at, for this process. Rejects with an AuditError where that cannot be. */
  readonly take: (folder: string, mark: string | null) => Promise<AuditSink>
  /** Brings it to the disk before it returns. Throws what the disk says. */
  readonly save: (folder: string, file: TunerFile) => void
}
