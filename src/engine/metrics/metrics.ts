/**
 * An engine's metrics under OpenTelemetry names, read on request from cells that the engine keeps anyway: scraping
 * costs nothing per digest.
 */
import { CYCLE_BOUNDS_S } from "./CycleTimes.ts"
import type { EngineCore } from "../EngineCore.ts"
import type { Metric, Sample } from "./Metric.ts"

const each = (label: string, counts: Readonly<Record<string, number>>): ReadonlyArray<Sample> =>
  Object.entries(counts).map(([word, value]) => ({ labels: { [label]: word }, value }))

/** Two sinks may share a name; their failures are counted together. */
export function failuresBySink(
  sinks: ReadonlyArray<{ readonly name: string; readonly failures: number }>,
): Readonly<Record<string, number>> {
  const all = new Map<string, number>()
  for (const { name, failures } of sinks) all.set(name, (all.get(name) ?? 0) + failures)
  return Object.fromEntries(all)
}

const one = (value: number): ReadonlyArray<Sample> => [{ labels: {}, value }]

/** A number without the last digits, which are artefacts of floating-point arithmetic. Counts keep all digits. */
export const shownNumber = (value: number): number =>
  Number.isInteger(value) ? value : Number(value.toPrecision(12))

/** What the plant reported in its last window, without what it never reported. */
function readings({ lastWindow, settings }: EngineCore, loss: number | null): ReadonlyArray<Metric> {
  const sign = settings.objective === "maximize" ? -1 : 1
  const gauge = (
    name: string,
    help: string,
    value: number | null | undefined,
    unit: "" | "s" = "",
  ): ReadonlyArray<Metric> =>
    typeof value === "number" && Number.isFinite(value)
      ? [{ kind: "gauge", name, unit, help, samples: one(value) }]
      : []
  const { objective, latencyP99Us, throughputRps, errorRate, constraintMargin } = lastWindow ?? {}
  const p99S = typeof latencyP99Us === "number" ? latencyP99Us / 1e6 : null
  return [
    ...gauge("arqon.objective", "Objective over the last window, in your units.", objective),
    ...gauge(
      "arqon.cycle.objective",
      "Mean objective of the last cycle: both sides of the base, in your units.",
      loss === null ? null : sign * loss,
    ),
    ...gauge("arqon.latency.p99", "99th percentile of the latency over the last window.", p99S, "s"),
    ...gauge("arqon.throughput", "Throughput over the last window, per second.", throughputRps),
    ...gauge("arqon.error_rate", "Share of errors over the last window, 0 to 1.", errorRate),
    ...gauge(
      "arqon.constraint.margin",
      "Constraint margin over the last window; below 0 the constraint is broken.",
      constraintMargin,
    ),
  ]
}

/** All metrics of an engine, always in the same order. */
export function readMetrics(core: EngineCore): ReadonlyArray<Metric> {
  const snapshot = core.snapshot()
  const { counters, audit, cycle, comparison, relocation } = snapshot
  const counter = (name: string, help: string, samples: ReadonlyArray<Sample>): Metric => ({
    kind: "counter",
    name,
    unit: "",
    help,
    samples,
  })
  const gauge = (name: string, help: string, samples: ReadonlyArray<Sample>): Metric => ({
    kind: "gauge",
    name,
    unit: "",
    help,
    samples,
  })
  return [
    ...readings(core, cycle?.loss ?? null),
    counter("arqon.digest.count", "Digests by validity.", each("validity", counters.digests)),
    counter(
      "arqon.digest.lost",
      "Digests that a full lane to a worker dropped or refused.",
      one(counters.digestsLost),
    ),
    counter("arqon.window.count", "Windows by how they ended.", [
      { labels: { status: "closed" }, value: counters.windows },
      { labels: { status: "expired" }, value: counters.windowsExpired },
    ]),
    counter("arqon.cycle.count", "Completed cycles.", one(counters.cycles)),
    {
      kind: "histogram",
      name: "arqon.cycle.duration",
      unit: "s",
      help: "Time from the end of one cycle to the end of the next.",
      histogram: {
        bounds: CYCLE_BOUNDS_S,
        counts: Array.from(core.cycleTimes.counts),
        sum: core.cycleTimes.sumS,
        count: core.cycleTimes.count,
      },
    },
    counter("arqon.apply.count", "Configurations applied after a proposal.", one(counters.applies)),
    counter("arqon.refused.count", "Proposals refused, by violation.", each("violation", counters.refused)),
    counter("arqon.rollback.count", "Returns to the baseline.", one(counters.rollbacks)),
    counter("arqon.return.count", "Returns from a perturbation to the base.", one(counters.returnsToBase)),
    counter("arqon.trip.count", "How often SafeMode opened, by reason.", each("reason", counters.trips)),
    counter("arqon.clock.held", "Times the clock ran backwards and was held.", one(counters.clockHeld)),
    counter(
      "arqon.listener.failure",
      "User callbacks that threw, by kind.",
      each("listener", counters.callbackFailures),
    ),
    counter(
      "arqon.restart.count",
      "Children that died and were restarted.",
      counters.restarts.map(({ child, reason, count }) => ({ labels: { child, reason }, value: count })),
    ),
    counter("arqon.audit.written", "Audit records written to the ring.", one(audit.written)),
    counter("arqon.audit.dropped", "Audit records dropped because the ring was full.", one(audit.dropped)),
    counter("arqon.audit.sink.failure", "Failed writes, by sink.", each("sink", failuresBySink(audit.sinks))),
    gauge("arqon.audit.waiting", "Audit records on the ring that are not drained yet.", one(audit.waiting)),
    gauge(
      "arqon.audit.capacity",
      "Capacity of the ring in audit records; when it is full, adaptation halts.",
      one(audit.capacity),
    ),
    gauge("arqon.safe_mode.open", "1 while SafeMode is open.", one(snapshot.mode === "safe" ? 1 : 0)),
    gauge("arqon.generation", "Version of the live configuration.", one(snapshot.generation)),
    gauge("arqon.knob.value", "Live value of a knob.", each("knob", snapshot.values)),
    gauge(
      "arqon.knob.base",
      "Base of a knob: the current iterate without perturbation.",
      each("knob", snapshot.base),
    ),
    ...(snapshot.baseline === null
      ? []
      : [gauge("arqon.knob.baseline", "Last known good value of a knob.", each("knob", snapshot.baseline))]),
    ...(comparison === null
      ? []
      : [
          counter(
            "arqon.comparison.verdict",
            "Verdicts on the tuned configuration against the baseline.",
            each("verdict", comparison.counts),
          ),
          gauge(
            "arqon.comparison.evidence",
            "Evidence that the tuned configuration is worse, as a share of the rollback threshold.",
            one(comparison.verdict === null ? 0 : comparison.verdict.evidence / comparison.verdict.threshold),
          ),
        ]),
    ...((relocation && core.relocations.parts?.metrics(relocation)) ?? []),
    ...(core.rules?.metrics() ?? []),
    ...(cycle === null
      ? []
      : [
          gauge("arqon.cycle.gain", "Gain of the tuning rule, unit space.", one(cycle.eta)),
          gauge("arqon.cycle.probe", "Probe size, unit space.", one(cycle.probe)),
          gauge("arqon.cycle.noise", "Estimated standard deviation of one reading.", one(cycle.noise)),
        ]),
  ]
}
