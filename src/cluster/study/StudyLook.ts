/** How a shared study stands, for who looks at it and takes no part. */
import type { SolverConfig } from "../../solver/SolverConfig.ts"
import type { StudyLedger } from "./StudyLedger.ts"
import type { OutRow, WorkerRow } from "./StudyStore.ts"

/** A study in a list. */
export interface StudyName {
  readonly name: string
  /** Wall time by the database's clock, milliseconds. */
  readonly createdMs: number
}

/** A study as its storage has it now. */
export interface StudyLook {
  readonly name: string
  readonly config: SolverConfig
  readonly leaseMs: number
  readonly ledger: StudyLedger
  readonly out: ReadonlyArray<OutRow>
  readonly workers: ReadonlyArray<WorkerRow>
}

/** The studies of a storage. */
export interface StudySource {
  /** The youngest first. Rejects with a StorageError. */
  readonly list: () => Promise<ReadonlyArray<StudyName>>
  /** Rejects with a StudyError where there is none of this name, or a StorageError. */
  readonly look: (name: string) => Promise<StudyLook>
}
