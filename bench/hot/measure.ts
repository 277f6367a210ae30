/**
 * How the hot benchmark measures. Times come from tinybench in batches of a thousand operations, so its own sixty
 * nanoseconds do not matter; a percentile is one over batches. Bytes come from the heap before and after ten million
 * operations, with whatever a collection freed in between added back.
 */
import { GCProfiler } from "node:v8"
import { Bench } from "tinybench"
import type { Subject } from "./subjects.ts"

export interface Price {
  readonly p50Ns: number
  readonly p99Ns: number
  readonly bytesPerOp: number
}

const BATCH = 1000
const BYTES_OPERATIONS = 10_000_000
const WARM_OPERATIONS = 50_000

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]

export const quantile = (values: ReadonlyArray<number>, q: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))]

export interface Times {
  readonly p50Ns: number
  readonly p99Ns: number
}

/** Rounds over all subjects in turn, so that a slow spell of the machine meets them all; medians over the rounds. */
export const timeSubjects = async (
  subjects: ReadonlyArray<Subject>,
  rounds: number,
  timeMs: number,
): Promise<ReadonlyMap<string, Times>> => {
  const found = new Map(subjects.map(({ name }) => [name, [] as Array<Times>]))
  for (const subject of subjects) runTidily(subject, WARM_OPERATIONS)
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) {
      subject.tidy()
      const bench = new Bench({ time: timeMs, warmup: false, throws: true })
      bench.add(subject.name, () => subject.run(BATCH), { beforeEach: subject.tidy })
      await bench.run()
      const result = bench.tasks[0].result
      if (!("latency" in result))
        throw new Error(`${subject.name}: tinybench gave no latency (${result.state})`)
      // Milliseconds a batch of a thousand are microseconds an operation.
      const { p50, p99 } = result.latency
      found.get(subject.name)!.push({ p50Ns: (p50 * 1e6) / BATCH, p99Ns: (p99 * 1e6) / BATCH })
      subject.check()
    }
  }
  return new Map(
    [...found].map(([name, times]) => [
      name,
      { p50Ns: median(times.map((one) => one.p50Ns)), p99Ns: median(times.map((one) => one.p99Ns)) },
    ]),
  )
}

const runTidily = (subject: Subject, operations: number): void => {
  for (let done = 0; done < operations; done += BATCH) {
    subject.run(BATCH)
    subject.tidy()
  }
}

/** Bytes allocated by `work`, per operation. Needs `--expose-gc`. */
export const bytesOf = (work: (count: number) => void, operations: number): number => {
  if (globalThis.gc === undefined)
    throw new Error("run node with --expose-gc: bytes are counted on a clean heap")
  globalThis.gc()
  const profiler = new GCProfiler()
  profiler.start()
  const before = process.memoryUsage().heapUsed
  work(operations)
  const after = process.memoryUsage().heapUsed
  let freed = 0
  for (const { beforeGC, afterGC } of profiler.stop().statistics) {
    freed += beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize
  }
  return Math.max(0, after - before + freed) / operations
}

/** As `bytesOf`, over ten million operations in batches, tidied in between. */
export const bytesOfSubject = (subject: Subject, operations = BYTES_OPERATIONS): number => {
  const bytes = bytesOf((count) => runTidily(subject, count), operations)
  subject.check()
  return bytes
}
