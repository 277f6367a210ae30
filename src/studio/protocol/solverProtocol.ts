/** What the studio's server tells its page of a run of the offline solver. Numbers that are none are null on the wire. */

/** `GET /api/solver?file=`: a run of the offline solver. */
export interface SolverRun {
  readonly file: string
  readonly runId: string
  readonly minimize: boolean
  readonly budget: number
  readonly counts: {
    readonly told: number
    readonly failed: number
    readonly pending: number
    readonly seeded: number
  }
  readonly history: ReadonlyArray<SolverReading>
  /** The values that its chart shows, as `arqon plot` draws it; null where there is no reading at all. */
  readonly frame: { readonly min: number; readonly max: number; readonly log: boolean } | null
  readonly best: {
    readonly params: Readonly<Record<string, unknown>>
    readonly value: number
    readonly standardError: number | null
    readonly at: number | null
  } | null
  readonly classification: {
    readonly label: string
    readonly score: number | null
    readonly features: Readonly<Record<string, number | null>>
    /** How later steps revoked the label, oldest first. */
    readonly changes: ReadonlyArray<{
      readonly label: string
      readonly readings: number
      readonly reason: string
    }>
  } | null
  /** What the landscape was taken for, since when and why; places are positions in the history. Empty until it was classified. */
  readonly labels: ReadonlyArray<{
    readonly label: string
    readonly from: number
    readonly to: number
    readonly reason: string | null
  }>
  /**
   * How far the trust region reached along its axes, the longest first, in shares of a range; in stretches, between which
   * none was at work. Of many axes the longest, the middle one and the shortest.
   */
  readonly reach: ReadonlyArray<
    ReadonlyArray<{ readonly at: number; readonly lengths: ReadonlyArray<number> }>
  >
  /** Share of the variance that each parameter explains alone, and what only several explain; null when too little is known. */
  readonly importance: {
    readonly alone: Readonly<Record<string, number>>
    readonly together: number
  } | null
  readonly warnings: ReadonlyArray<string>
}

export interface SolverReading {
  /** Position in the history. */
  readonly index: number
  readonly phase: string
  readonly params: Readonly<Record<string, unknown>>
  /** Null when the evaluation failed. */
  readonly value: number | null
  /** The value lies beyond the frame: it is marked at its edge. */
  readonly beyond: boolean
  readonly cost: number
  readonly decision: string
  /** Best value so far; null before the first. */
  readonly best: number | null
}
