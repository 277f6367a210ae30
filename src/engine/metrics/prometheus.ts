/**
 * Prometheus text (exposition format 0.0.4) from metrics: names with underscores and units, `_total` on counters,
 * escaped labels, the same order every time.
 */
import type { EngineCore } from "../EngineCore.ts"
import type { HistogramData, Metric, Sample } from "./Metric.ts"
import { readMetrics, shownNumber } from "./metrics.ts"

/** The `content-type` to send. */
export const PROMETHEUS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

/** The text for a scrape. `labels` are added to every sample, for instance the engine's name. */
export function prometheusText(
  metrics: ReadonlyArray<Metric>,
  labels: Readonly<Record<string, string>> = {},
): string {
  return metrics.map((metric) => block(metric, labels)).join("")
}

/** The page of an engine, with its name on every sample if it has one. */
export function metricsPage(core: EngineCore, labels: Readonly<Record<string, string>> = {}): string {
  const { name } = core.settings
  return prometheusText(readMetrics(core), { ...(name === null ? {} : { engine: name }), ...labels })
}

/**
 * Merges several pages, for instance of engines with different labels. The format requires all samples of a metric
 * in one place under one head; a scraper may refuse a page that repeats one.
 */
export function joinPages(pages: ReadonlyArray<string>): string {
  const families = new Map<string, string>()
  for (const family of pages.flatMap((page) => page.split(/^(?=# HELP )/m))) {
    const [head] = /^# HELP .*\n# TYPE .*\n/.exec(family) ?? [""]
    const known = families.get(head)
    families.set(head, known === undefined ? family : known + family.slice(head.length))
  }
  return [...families.values()].join("")
}

function block(metric: Metric, labels: Readonly<Record<string, string>>): string {
  const base = metric.name.replace(/[^a-zA-Z0-9_:]/g, "_")
  const unit = metric.unit === "s" ? "_seconds" : ""
  const name = `${base}${unit}${metric.kind === "counter" ? "_total" : ""}`
  const head = `# HELP ${name} ${metric.help.replace(/\\/g, "\\\\").replace(/\n/g, "\\n")}\n# TYPE ${name} ${metric.kind}\n`
  const lines =
    metric.kind === "histogram"
      ? histogramLines(name, metric.histogram, labels)
      : metric.samples.map((sample) => line(name, { ...labels, ...sample.labels }, sample.value))
  return head + lines.join("")
}

function histogramLines(
  name: string,
  data: HistogramData,
  labels: Readonly<Record<string, string>>,
): ReadonlyArray<string> {
  let below = 0
  const buckets = [...data.bounds, Number.POSITIVE_INFINITY].map((bound, i) => {
    below += data.counts[i]
    return line(`${name}_bucket`, { ...labels, le: number(bound) }, below)
  })
  return [...buckets, line(`${name}_sum`, labels, data.sum), line(`${name}_count`, labels, data.count)]
}

function line(name: string, labels: Sample["labels"], value: number): string {
  const pairs = Object.entries(labels).map(
    ([key, text]) => `${key.replace(/[^a-zA-Z0-9_]/g, "_")}="${escape(text)}"`,
  )
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${number(value)}\n`
}

function escape(text: string): string {
  return text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n")
}

function number(value: number): string {
  if (Number.isNaN(value)) return "NaN"
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf"
  return String(shownNumber(value))
}
