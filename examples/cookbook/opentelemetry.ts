/**
 * A service that measures itself with OpenTelemetry: its cache's time to live is tuned on `http.client.request.duration` and on a
 * counter of stale answers, which it exports anyway. A second reader beside the exporter turns them into digests. Virtual time.
 *
 * Run: npm run example cookbook/opentelemetry
 */
import { MeterProvider } from "@opentelemetry/sdk-metrics"
import { createEngine } from "arqon"
import { adapterWindow, attach } from "arqon/adapters"
import { MetricDigestReader } from "arqon/opentelemetry"
import { uniformAt } from "arqon/testing"

// #region reader
const reader = new MetricDigestReader({
  read: {
    // Of calls to the upstream only: the instrument has other routes too.
    fetch: { metric: "http.client.request.duration", take: "rate", where: { "server.address": "prices" } },
    answers: { metric: "app.answers", take: "rate" },
    // Does not exist before the first stale answer.
    stale: { metric: "app.answers.stale", take: "rate", absent: 0 },
  },
  // What an answer costs: a fetch is worth 20, and an answer that was wrong by then 50.
  digest: ({ fetch, answers, stale }) => ({
    objective: (20 * fetch + 50 * stale) / answers,
    throughputRps: answers,
  }),
  // With the system's clock, leave this out: the reader then reads every second.
  everyMs: Number.POSITIVE_INFINITY,
  // As long as an entry may be old: until then answers show the previous time to live.
  settleMs: 60_000,
  onProblem: (error) => console.error(String(error)),
})
// Beside the reader that exports: `readers: [reader, new PeriodicExportingMetricReader({ exporter })]`.
const provider = new MeterProvider({ readers: [reader] })
// #endregion reader

// What the service has anyway.
const meter = provider.getMeter("app")
const fetched = meter.createHistogram("http.client.request.duration", { unit: "s" })
const answered = meter.createCounter("app.answers")
const stale = meter.createCounter("app.answers.stale")

// #region engine
const engine = createEngine({
  params: { ttlS: { min: 1, max: 60, scale: "log", initial: 50 } },
  window: adapterWindow,
  clock: "manual",
  seed: 4,
})
attach(engine, reader)
await engine.start()
// #endregion engine

const KEYS = 20
const kept = Array.from({ length: KEYS }, () => ({ untilMs: 0, price: 0 }))
/** Each price holds for a minute, then another one comes. */
const priceAt = (key: number, nowMs: number): number => Math.floor((nowMs + key * 3_000) / 60_000)

let nowMs = 0
let asked = 0
function ask(): void {
  nowMs += 50
  const key = Math.floor(KEYS * uniformAt(1, asked++))
  const entry = kept[key]
  if (entry.untilMs <= nowMs) {
    kept[key] = { untilMs: nowMs + engine.values.ttlS * 1_000, price: priceAt(key, nowMs) }
    fetched.record(0.02, { "server.address": "prices" })
  }
  answered.add(1)
  if (kept[key].price !== priceAt(key, nowMs)) stale.add(1)
}

const READINGS = 1_500
for (let reading = 0; reading < READINGS; reading++) {
  // Ten seconds of twenty questions each.
  for (let i = 0; i < 200; i++) ask()
  engine.tick(nowMs * 1_000)
  await reader.read()
}
await engine.stop()
await provider.shutdown()

const { digests, problem } = reader.state()
console.log(`time to live 50 s became ${engine.getSnapshot().base.ttlS.toFixed(1)} s`)
console.log(`${digests} digests in ${Math.round(nowMs / 3_600_000)} hours, problem: ${String(problem)}`)
