/** What keeps a growing host's run from one process to the next. In Node it is a state folder; a browser has none. */
import type { GraftTableStanding } from "../grafting/GraftTable.ts"
import type { GrowthBoundary } from "../growth/GrowthBoundary.ts"
import type { Listen } from "../growth/Alarms.ts"
import type { TryFirst } from "../growth/germination.ts"
import type { GrowthCore } from "../growth/GrowthCore.ts"
import type { PersonCommand } from "../growth/PersonCommand.ts"
import type { CoreStanding } from "../growth/standing.ts"
import type { HostMemory, NeuralHost } from "../neural/NeuralHost.ts"
import type { NeuralOptions } from "../neural/options.ts"
import type { PolicySource } from "../policy/PolicyAnswer.ts"
import type { GrowthReport } from "../policy/reports.ts"
import type { GrowthData } from "../training/data.ts"

/** What of a core is no function of its options: its clock, who answers for its policy, and where it begins. */
export interface CoreParts {
  readonly now: () => number
  readonly policy: PolicySource | null
  /** Gets each report as it arises. */
  readonly filed?: (report: GrowthReport) => void
  readonly restore?: (host: NeuralHost) => void
  readonly memory?: HostMemory
  readonly tryFirst?: TryFirst<GrowthCore>
  readonly listen?: Listen
  readonly standing?: GraftTableStanding
}

/** What a run is a function of, beside commands, clock and answers of a policy in a thread. */
export interface KeptInputs {
  readonly host: NeuralOptions
  readonly data: GrowthData
  readonly seed: number
  /** Plain data that another run has to have too. */
  readonly grafting: unknown
  readonly policy: string
  /** Its answers are recorded, because they come from another thread. */
  readonly inThread: boolean
}

/** Makes cores of one description, and says which. */
export interface CoreMaker {
  readonly inputs: KeptInputs
  readonly make: (parts: CoreParts) => GrowthCore
}

export interface Keeper {
  /** A core at the end of what is kept, or at the beginning. Rejects with a `GrowthError`, and then nothing is held. */
  readonly open: (maker: CoreMaker, parts: CoreParts) => Promise<GrowthCore>
  /** Throws what kept something earlier from being written: a run without its record does not go on. */
  readonly ready: () => void
  readonly boundary: (boundary: GrowthBoundary) => void
  /** Resolves when the command is on the disk. `refused`: why it was not carried out. */
  readonly command: (command: PersonCommand, refused: string | null) => Promise<void>
  /** A core in the place of the one that was opened, where that broke: what it is told is recorded as before. */
  readonly again: (standing: CoreStanding) => GrowthCore
  /** Reports of the last day. */
  readonly reports: ReadonlyArray<GrowthReport>
  readonly close: () => Promise<void>
}
