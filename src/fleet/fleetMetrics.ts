/**
 * A fleet's metrics, under OpenTelemetry names, counted on request. They describe the fleet only: a series per
 * engine would burden the metrics store, and sums of their counters would fall when an engine stops.
 */
import type { Metric } from "../engine/metrics/Metric.ts"
import { failuresBySink } from "../engine/metrics/metrics.ts"
import type { FleetCore } from "./FleetCore.ts"
import { snapshotOfFleet } from "./fleetSnapshot.ts"

/** All metrics of a fleet, always in the same order. */
export function readFleetMetrics(core: FleetCore): ReadonlyArray<Metric> {
  const { awake, resting, passive, safe, halted, digestsLost, eventsLost, listenerFailures, shared } =
    snapshotOfFleet(core)
  const audit = core.trail.trail.state()
  const metric = (
    kind: "counter" | "gauge",
    name: string,
    help: string,
    values: number | Readonly<Record<string, number>>,
    label = "",
  ): Metric => ({
    kind,
    name,
    unit: "",
    help,
    samples:
      typeof values === "number"
        ? [{ labels: {}, value: values }]
        : Object.entries(values).map(([word, value]) => ({ labels: { [label]: word }, value })),
  })
  const groups = Object.entries(shared)
  const sinks = failuresBySink(audit.sinks)
  return [
    metric("gauge", "arqon.fleet.engines", "Engines by status.", { awake, resting, passive }, "status"),
    metric("gauge", "arqon.fleet.safe_mode.open", "Engines with SafeMode open.", safe),
    metric("gauge", "arqon.fleet.halted", "1 while the audit cannot be written.", halted ? 1 : 0),
    metric("counter", "arqon.fleet.digest.lost", "Digests that were refused.", digestsLost),
    metric("counter", "arqon.fleet.event.lost", "Events that found no place.", eventsLost),
    metric("counter", "arqon.fleet.listener.failure", "Calls of listeners that threw.", listenerFailures),
    metric(
      "gauge",
      "arqon.fleet.shared.probing",
      "Engines of a shared budget that are within a cycle.",
      Object.fromEntries(groups.map(([group, { seated }]) => [group, seated])),
      "group",
    ),
    ...violated(core).map((values) =>
      metric("gauge", "arqon.fleet.rule.violated", "Engines that violate a rule.", values, "rule"),
    ),
    metric("counter", "arqon.audit.written", "Audit records made.", audit.written),
    metric("counter", "arqon.audit.dropped", "Audit records that found no place.", audit.dropped),
    metric("counter", "arqon.audit.sink.failure", "Failed writes, by sink.", sinks, "sink"),
  ]
}

/** Engines that violate each rule, by its name; nothing without rules. */
function violated(core: FleetCore): ReadonlyArray<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  for (const { rules } of core.cells.values())
    for (const { name, sinceUs } of rules?.states() ?? [])
      counts[name] = (counts[name] ?? 0) + (sinceUs === null ? 0 : 1)
  return core.settings.engine.rules === null ? [] : [counts]
}
