/** How a journal is kept, and what holds where nothing is said. `docs/reference/journal.md` explains each option. */
import { SECOND_US } from "../../domain/Units.ts"
import { type JournalDisk, nodeDisk } from "./journalDisk.ts"
import type { Compression } from "./journalSegments.ts"

/** How a journal is kept; every field has a default. Of the limits of what is kept the first that is reached counts. */
export interface JournalOptions {
  /**
   * When the disk is made to keep what was written: with every batch, within `syncEveryUs` (default), or when the system
   * likes. A killed process loses nothing either way; a loss of power loses what was not synced.
   */
  readonly sync?: "batch" | "interval" | "never" | undefined
  /** Default a second. */
  readonly syncEveryUs?: number | undefined
  /** A new segment is begun beyond so many bytes (default 16 MiB) or so long (default a day). */
  readonly segmentBytes?: number | undefined
  readonly segmentUs?: number | undefined
  /** Of closed segments; default "zstd". */
  readonly compress?: Compression | undefined
  /** Of all segments, as they lie on the disk; default 4 GiB. The oldest go first, the one in use never. */
  readonly keepBytes?: number | undefined
  readonly keepSegments?: number | undefined
  /** Since a segment was last written to. */
  readonly keepUs?: number | undefined
  /** For tests: the disk that is written to. */
  readonly disk?: JournalDisk | undefined
}

/** With every default filled in. */
export type Settled = { readonly [K in keyof JournalOptions]-?: NonNullable<JournalOptions[K]> }

const DEFAULTS: Settled = {
  sync: "interval",
  syncEveryUs: SECOND_US,
  segmentBytes: 16 * 1024 * 1024,
  segmentUs: 24 * 3600 * SECOND_US,
  compress: "zstd",
  keepBytes: 4 * 1024 * 1024 * 1024,
  keepSegments: Number.POSITIVE_INFINITY,
  keepUs: Number.POSITIVE_INFINITY,
  disk: nodeDisk,
}

export const settled = (options: JournalOptions): Settled => ({
  ...DEFAULTS,
  ...(Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Partial<Settled>),
})
