/**
 * From raw samples to a tuned knob with RxJS: samples become digests with quantiles, digests tune an engine, its windows
 * come back as an Observable. Time is simulated (`clock: "manual"`), so a minute passes at once.
 *
 * Run: npm run example telemetry
 */
import { createEngine } from "arqon"
import { digestEvery, type Sample, sampleCounters } from "arqon/telemetry"
import { filter, Subject } from "rxjs"

const engine = createEngine({
  params: { batch: { min: 1, max: 200, scale: "log", step: 1, initial: 100 } },
  objective: "minimize",
  seed: 7,
  clock: "manual",
})
await engine.start()

const samples = new Subject<Sample>()
const counters = sampleCounters()
samples
  .pipe(digestEvery({ everyCount: 25, objective: "p95Us", counters }))
  .subscribe((digest) => engine.observe(digest))

const p95sUs: Array<number> = []
engine.windows$
  .pipe(filter((window) => window.status === "closed"))
  .subscribe((window) => p95sUs.push(window.objective))

/** Large batches wait long, small ones pay the overhead often; the work of a batch takes its time in turn. */
const serviceUs = (batch: number, turn: number): number => 400 * batch + 400_000 / batch + 500 * (turn % 7)

// Work in flight: what started before an apply ends after it, among what started later.
const queue: Array<Sample & { readonly endsUs: number }> = []
for (let turn = 0; turn < 60_000; turn++) {
  const startedUs = turn * 1_000
  const durationUs = serviceUs(engine.values.batch, turn)
  queue.push({
    startedUs,
    durationUs,
    ok: true,
    generation: engine.generation,
    endsUs: startedUs + durationUs,
  })
  for (const done of queue.filter((one) => one.endsUs <= startedUs)) {
    queue.splice(queue.indexOf(done), 1)
    samples.next(done)
  }
}
samples.complete()
await engine.stop()

const ms = (us: number | undefined): string => `${((us ?? Number.NaN) / 1_000).toFixed(1)} ms`
console.log(
  `p95 of the first window ${ms(p95sUs[0])}, of the last ${ms(p95sUs.at(-1))}, batch ${engine.values.batch}`,
)
console.log(`${p95sUs.length} windows; ${counters.stale} samples had started under an older configuration`)
