/**
 * Retry and hedging: a call that has not come back after a while is sent a second time, and the first answer wins; a call that
 * failed is sent again after a pause. Too early multiplies the load, too late helps nobody. Virtual time.
 *
 * Run: npm run example cookbook/hedging
 */
import { createEngine } from "arqon"
import { uniformAt } from "arqon/testing"

const engine = createEngine({
  params: {
    hedgeMs: { min: 5, max: 1_000, scale: "log", initial: 800 },
    backoffMs: { min: 1, max: 500, scale: "log", initial: 300 },
  },
  objective: "minimize",
  clock: "manual",
  seed: 5,
  window: { digests: 5, us: 60_000_000, settleUs: 0 },
})
await engine.start()

let drawn = 0
const chance = (): number => uniformAt(1, drawn++)
/** Mostly 20 to 60 ms; one call in fifteen meets a slow replica. */
const answerMs = (): number => (chance() < 1 / 15 ? 300 + 700 * chance() : 20 + 40 * chance())
/** A call sent again at once is likely to fail again: the replica is still restarting. */
const failsAgain = (pauseMs: number): boolean => chance() < 0.9 * Math.exp(-pauseMs / 30)

let nowUs = 0

/** What one request costs its caller in milliseconds, and how many calls it takes. */
function request(hedgeMs: number, backoffMs: number): { ms: number; calls: number } {
  let calls = 1
  let ms = 0
  for (let fails = chance() < 0.05; fails && calls < 6; fails = failsAgain(backoffMs)) {
    ms += 10 + backoffMs
    calls++
  }
  const first = answerMs()
  if (first <= hedgeMs) return { ms: ms + first, calls }
  return { ms: ms + Math.min(first, hedgeMs + answerMs()), calls: calls + 1 }
}

/** One digest for two hundred requests: slow calls are rare, and fewer would say little about them. */
function report(): { meanMs: number; calls: number } {
  const { hedgeMs, backoffMs } = engine.values
  const { generation } = engine
  let sumMs = 0
  let calls = 0
  for (let i = 0; i < 200; i++) {
    const one = request(hedgeMs, backoffMs)
    sumMs += one.ms
    calls += one.calls
  }
  nowUs += 1_000_000
  const meanMs = sumMs / 200
  const additional = calls / 200 - 1
  engine.observe({
    objective: meanMs,
    generation,
    timestampUs: nowUs,
    // At most a quarter of additional calls: that comes before any gain in latency.
    constraintMargin: 1 - additional / 0.25,
  })
  return { meanMs, calls: calls / 200 }
}

const mean = (count: number) => {
  const all = Array.from({ length: count }, report)
  const of = (pick: (one: { meanMs: number; calls: number }) => number): number =>
    all.reduce((sum, one) => sum + pick(one), 0) / count
  return { ms: of((one) => one.meanMs), calls: of((one) => one.calls) }
}

const before = mean(10)
mean(3_000)
const after = mean(200)
await engine.stop()
const { hedgeMs, backoffMs } = engine.getSnapshot().base
console.log(`hedge after ${hedgeMs.toFixed(0)} ms, retry after ${backoffMs.toFixed(0)} ms`)
console.log(`a request took ${before.ms.toFixed(1)} ms at first, ${after.ms.toFixed(1)} ms at last`)
console.log(`calls for a request: ${before.calls.toFixed(2)} at first, ${after.calls.toFixed(2)} at last`)
