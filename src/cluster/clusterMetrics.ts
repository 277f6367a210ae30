/** What a runner counts, as metrics with OpenTelemetry names. */
import type { Metric } from "../engine/metrics/Metric.ts"
import type { EpochCounts } from "./Epochs.ts"

/** What is measured of one runner. */
export interface RunnerNumbers {
  readonly epochs: EpochCounts
  /** Reports answered here, by status. */
  readonly reports: ReadonlyMap<number, number>
  readonly lagMs: number
  readonly mostLagMs: number
}

/** The metrics of a runner. */
export function clusterMetrics({ epochs, reports, lagMs, mostLagMs }: RunnerNumbers): ReadonlyArray<Metric> {
  const one = (
    kind: "counter" | "gauge",
    name: string,
    help: string,
    value: number,
    unit: "" | "s" = "",
  ): Metric => ({
    kind,
    name: `arqon.cluster.${name}`,
    unit,
    help,
    samples: [{ labels: {}, value }],
  })
  return [
    one("gauge", "owned", "Tuners that this runner owns.", epochs.owned),
    one(
      "counter",
      "epochs",
      "Epochs taken by this runner: one for each time it became an owner.",
      epochs.claimed,
    ),
    one("counter", "fenced_writes", "Writes refused because their epoch was over.", epochs.fencedWrites),
    one("counter", "distrusted", "Times an owner wanted to act and was not confirmed.", epochs.distrusted),
    {
      kind: "counter",
      name: "arqon.cluster.reports",
      unit: "",
      help: "Reports of replicas answered by this gateway, by HTTP status.",
      samples: Array.from(reports, ([status, value]) => ({ labels: { status: String(status) }, value })),
    },
    one("gauge", "loop_lag", "How far the event loop was behind at the last look.", lagMs / 1000, "s"),
    one("gauge", "loop_lag_max", "How far it was behind at most.", mostLagMs / 1000, "s"),
  ]
}
