/** Metrics as data, under OpenTelemetry names. */

/** One reading, or one series of a histogram. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface HistogramData {
  readonly bounds: ReadonlyArray<number>
  /** Readings per bucket, the last one beyond every bound; not cumulative. */
  readonly counts: ReadonlyArray<number>
  readonly sum: number
  readonly count: number
}

/** A metric with its samples at one moment. */
export type Metric =
  | {
      readonly kind: "counter" | "gauge"
      /** OpenTelemetry name: dots, no unit. */
      readonly name: string
      readonly unit: "" | "s"
      readonly help: string
      readonly samples: ReadonlyArray<Sample>
    }
  | {
      readonly kind: "histogram"
      readonly name: string
      readonly unit: "" | "s"
      readonly help: string
      readonly histogram: HistogramData
    }
