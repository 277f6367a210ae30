/**
 * A consumer that already counts its jobs with prom-client: how many messages it prefetches is tuned on those metrics, and no line
 * of the consumer itself changes. Many messages at once share a round trip, but each waits for the ones before it. Virtual time.
 *
 * Run: npm run example cookbook/prom-client
 */
import { createEngine } from "arqon"
import { adapterWindow, attach, promDigests } from "arqon/adapters"
import { uniformAt } from "arqon/testing"
import { Counter, Histogram, Registry } from "prom-client"

const register = new Registry()

// #region consumer
// What the consumer has anyway.
const took = new Histogram({
  name: "job_duration_seconds",
  help: "From the message's arrival to its acknowledgement",
  buckets: [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
  registers: [register],
})
const failed = new Counter({ name: "jobs_failed_total", help: "Jobs given up", registers: [register] })
// #endregion consumer

// #region source
const engine = createEngine({
  params: { prefetch: { min: 1, max: 200, scale: "log", step: 1, initial: 160 } },
  // A window is five digests, however long they take.
  window: adapterWindow,
  clock: "manual",
  seed: 5,
})
const source = promDigests(register, {
  read: {
    mean: { metric: "job_duration_seconds", take: "mean" },
    p99: { metric: "job_duration_seconds", take: "p99" },
    jobs: { metric: "job_duration_seconds", take: "rate" },
    failures: { metric: "jobs_failed_total", take: "rate" },
  },
  digest: ({ mean, p99, jobs, failures }) => ({
    // A job that fails costs ten seconds, or failing fast would be the best of all.
    objective: mean + (10 * failures) / jobs,
    latencyP99Us: p99 * 1e6,
    throughputRps: jobs,
    errorRate: failures / jobs,
  }),
  // With the system's clock, leave this out: the source then reads every second.
  everyMs: Number.POSITIVE_INFINITY,
  // Jobs take a second at most: what ends later was begun with the new value.
  settleMs: 1_000,
  onProblem: (error) => console.error(String(error)),
})
attach(engine, source)
await engine.start()
// #endregion source

let jobs = 0
/** One second of the consumer's life: forty jobs, each with its share of a round trip, its wait and its own work. */
function consume(): number {
  let sum = 0
  for (let i = 0; i < 40; i++) {
    const { prefetch } = engine.values
    const seconds = 0.02 + 1.2 / prefetch + 0.004 * prefetch * uniformAt(1, jobs++)
    took.observe(seconds)
    if (uniformAt(2, jobs) < 0.001) failed.inc()
    sum += seconds
  }
  return (1000 * sum) / 40
}

const SECONDS = 3_600
const meansMs: Array<number> = []
for (let second = 1; second <= SECONDS; second++) {
  meansMs.push(consume())
  engine.tick(second * 1e6)
  await source.read()
}
await engine.stop()

const average = (some: ReadonlyArray<number>): number => some.reduce((sum, one) => sum + one, 0) / some.length
console.log(`prefetch 160 became ${engine.getSnapshot().base.prefetch}`)
console.log(
  `a job took ${average(meansMs.slice(0, 5)).toFixed(0)} ms at first, ${average(meansMs.slice(-600)).toFixed(0)} ms at last`,
)
const { digests, held, problem } = source.state()
console.log(
  `${digests} digests of ${SECONDS} readings, ${held.apply} held for an apply, problem: ${String(problem)}`,
)
