/** What a runner counts, as metrics with OpenTelemetry names. */
import { type ReplicaState, replicaState } from "../domain/replicaState.ts"
import type { Metric } from "../engine/metrics/Metric.ts"
import type { BucketOwner } from "./BucketOwner.ts"
import type { EpochCounts } from "./Epochs.ts"
import type { NearTuner } from "./tunerEntity.ts"

/** What this runner owns now, by name. */
export interface OwnedHere {
  readonly tuners: Map<string, NearTuner>
  /** `FLEET/NUMBER`. */
  readonly buckets: Map<string, BucketOwner>
}

/** What is measured of one runner. */
export interface RunnerNumbers {
  readonly epochs: EpochCounts
  readonly here: OwnedHere
  /** Reports answered here, by status. */
  readonly reports: ReadonlyMap<number, number>
  readonly lagMs: number
  readonly mostLagMs: number
}

/** The metrics of a runner. */
export function clusterMetrics({
  epochs,
  here,
  reports,
  lagMs,
  mostLagMs,
}: RunnerNumbers): ReadonlyArray<Metric> {
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
    one("gauge", "owned", "Tuners and buckets that this runner owns.", epochs.owned),
    one(
      "counter",
      "epochs",
      "Epochs taken by this runner: one for each time it became an owner.",
      epochs.claimed,
    ),
    one(
      "counter",
      "rehomings",
      "Epochs taken of what somebody had owned before: by a move, a stop or a death.",
      epochs.rehomed,
    ),
    one("counter", "fenced_writes", "Writes refused because their epoch was over.", epochs.fencedWrites),
    one("counter", "distrusted", "Times an owner wanted to act and was not confirmed.", epochs.distrusted),
    {
      kind: "counter",
      name: "arqon.cluster.reports",
      unit: "",
      help: "Reports of replicas answered by this gateway, refusals included, by HTTP status.",
      samples: Array.from(reports, ([status, value]) => ({ labels: { status: String(status) }, value })),
    },
    ...tunerMetrics(here.tuners),
    {
      kind: "gauge",
      name: "arqon.cluster.engines",
      unit: "",
      help: "Keys of a fleet in the memory of this runner.",
      samples: Array.from(enginesByFleet(here.buckets), ([fleet, value]) => ({ labels: { fleet }, value })),
    },
    one("gauge", "loop_lag", "How far the event loop was behind at the last look.", lagMs / 1000, "s"),
    one("gauge", "loop_lag_max", "How far it was behind at most.", mostLagMs / 1000, "s"),
  ]
}

/** Where a replica is for its owner. */
const STATES = ["following", "behind", "refusing", "silent"] as const satisfies ReadonlyArray<ReplicaState>

function tunerMetrics(tuners: ReadonlyMap<string, Pick<NearTuner, "owner">>): ReadonlyArray<Metric> {
  const seen = Array.from(tuners, ([tuner, { owner }]) => {
    const replicas = owner.host.replicas()
    const states = replicas.map((one) => replicaState(one, owner.host.loop.epoch))
    return { tuner, owner, replicas, states }
  })
  return [
    {
      kind: "gauge",
      name: "arqon.cluster.replicas",
      unit: "",
      help: "Replicas of the tuners owned here: on what they were told last, not yet, refusing it, or not heard.",
      samples: seen.flatMap(({ tuner, states }) =>
        STATES.map((state) => ({
          labels: { tuner, state },
          value: states.filter((one) => one === state).length,
        })),
      ),
    },
    {
      kind: "gauge",
      name: "arqon.cluster.replica_lag",
      unit: "s",
      help: "Longest time since a replica was heard that is not silent.",
      samples: seen.map(({ tuner, replicas }) => ({
        labels: { tuner },
        value: Math.max(0, ...replicas.map(({ silent, agoMs }) => (silent ? 0 : agoMs))) / 1000,
      })),
    },
    {
      kind: "counter",
      name: "arqon.cluster.lease_expiries",
      unit: "",
      help: "Leases of replicas that ended without another report, since their tuner is owned here.",
      samples: seen.map(({ tuner, owner }) => ({ labels: { tuner }, value: owner.leaseExpiries })),
    },
  ]
}

function enginesByFleet(buckets: ReadonlyMap<string, BucketOwner>): ReadonlyMap<string, number> {
  const engines = new Map<string, number>()
  for (const [bucket, owner] of buckets) {
    const fleet = bucket.slice(0, bucket.lastIndexOf("/"))
    engines.set(fleet, (engines.get(fleet) ?? 0) + owner.view().engines)
  }
  return engines
}
