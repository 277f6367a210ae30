/**
 * Run by allocation.test.ts in a process of its own: what a user's own calls leave on the heap, each warmed up first. Prints JSON:
 * bytes a call, the least of a few repetitions, because whatever else goes on in the process only adds.
 */
import { GCProfiler } from "node:v8"
import { WINDOW_CLOSED } from "../../src/hot/codes.ts"
import { createEngine } from "../../src/index.node.ts"

const CALLS = 100_000
const WINDOWS = 2_000
const REPETITIONS = 3
const params = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`knob${i}`, { min: 0, max: 100 }]))
/** A window that only the hundred-thousandth digest closes. */
const long = { us: 86_400_000_000, settleUs: 0, digests: 100_000, aggregate: "mean" } as const
const short = { us: 1_000_000, settleUs: 0, digests: 5 } as const

const bytesOf = (work: (count: number) => void, operations: number): number => {
  globalThis.gc?.()
  const profiler = new GCProfiler()
  profiler.start()
  const before = process.memoryUsage().heapUsed
  work(operations)
  const after = process.memoryUsage().heapUsed
  let freed = 0
  for (const { beforeGC, afterGC } of profiler.stop().statistics) {
    freed += beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize
  }
  return (after - before + freed) / operations
}

const least = (work: (count: number) => void, operations: number): number => {
  for (let k = 0; k < 2; k++) work(operations)
  return Math.min(...Array.from({ length: REPETITIONS }, () => bytesOf(work, operations)))
}

const calls = async (clock: "manual" | "system") => {
  const engine = createEngine({ params, seed: 42, clock, window: long })
  await engine.start()
  const input = { objective: 1 }
  let i = 0
  const observe = least((count) => {
    for (let k = 0; k < count; k++) {
      input.objective = ++i & 127
      engine.observe(input)
    }
  }, CALLS)
  const track = least((count) => {
    for (let k = 0; k < count; k++) engine.track(() => i)
  }, CALLS)
  let now = 0
  const tick = least((count) => {
    if (clock === "system") return
    for (let k = 0; k < count; k++) engine.tick(++now)
  }, CALLS)
  const { valid } = engine.getSnapshot().counters.digests
  await engine.stop()
  return { observe, track, tick, valid, observed: i }
}

/** Noise alone, and no proof that it pays: one cycle after another. */
const windows = async () => {
  const engine = createEngine({ params, seed: 42, clock: "manual", window: short, gains: { prove: false } })
  await engine.start()
  const { digest } = engine
  let i = 0
  const bytes = least((count) => {
    for (let closed = 0; closed < count; ) {
      digest.fill(Number.NaN)
      digest[0] = ++i * 100_000
      digest[2] = 10 + ((i * 7919) % 101) * 1e-3
      if (engine.observeDigest() === WINDOW_CLOSED) closed++
    }
  }, WINDOWS)
  const { counters } = engine.getSnapshot()
  await engine.stop()
  return { bytes, windows: counters.windows, cycles: counters.cycles }
}

process.stdout.write(
  JSON.stringify({ manual: await calls("manual"), system: await calls("system"), window: await windows() }),
)
