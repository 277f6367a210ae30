/** The metrics of an engine that remembers regimes or chooses among variants. */
import type { RelocationState } from "../contract/RelocationState.ts"
import type { Metric, Sample } from "../metrics/Metric.ts"

const each = (label: string, counts: Readonly<Record<string, number>>): ReadonlyArray<Sample> =>
  Object.entries(counts).map(([word, value]) => ({ labels: { [label]: word }, value }))

const one = (value: number): ReadonlyArray<Sample> => [{ labels: {}, value }]

export function relocationMetrics(state: RelocationState): ReadonlyArray<Metric> {
  const { counts, switches, phase, regimes, offered, variant } = state
  const of =
    (kind: "counter" | "gauge") =>
    (name: string, help: string, samples: ReadonlyArray<Sample>): Metric => ({
      kind,
      name,
      unit: "",
      help,
      samples,
    })
  const [counter, gauge] = [of("counter"), of("gauge")]
  return [
    counter(
      "arqon.relocation.count",
      "Decisions about moving the base to known places, by decision.",
      each("reason", counts),
    ),
    counter("arqon.variant.switch", "Switches of variants.", one(switches)),
    gauge("arqon.relocation.active", "1 during a relocation of the base.", one(phase === "watching" ? 0 : 1)),
    gauge("arqon.homeostasis.regimes", "Remembered regimes.", one(regimes)),
    gauge("arqon.variant.offered", "Variants on offer.", one(offered)),
    gauge(
      "arqon.variant.live",
      "1 for the variant that is live.",
      variant === null ? [] : [{ labels: { variant }, value: 1 }],
    ),
  ]
}
