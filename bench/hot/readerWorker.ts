/** Times `ConfigReader.read` in a thread of its own, in batches, while the writer is at rest; posts nanoseconds a read. */
import { parentPort, workerData } from "node:worker_threads"
import { ConfigReader } from "arqon/hot"
import { bytesOf } from "./measure.ts"

const { buffer, knobs, samples, batch } = workerData as {
  readonly buffer: SharedArrayBuffer
  readonly knobs: number
  readonly samples: number
  readonly batch: number
}

const reader = new ConfigReader(buffer, knobs)
const out = new Float64Array(knobs)
let generations = 0

const read = (count: number): void => {
  for (let k = 0; k < count; k++) generations += reader.read(out)
}

read(100_000)
const times = new Float64Array(samples)
for (let s = 0; s < samples; s++) {
  const begun = performance.now()
  read(batch)
  times[s] = ((performance.now() - begun) * 1e6) / batch
}
const bytesPerOp = bytesOf(read, 10_000_000)
const reads = 100_000 + samples * batch + 10_000_000
if (generations !== reads)
  throw new Error(`${reads - generations} of ${reads} reads did not see generation 1`)
parentPort?.postMessage({ times, bytesPerOp, retries: reader.retries })
