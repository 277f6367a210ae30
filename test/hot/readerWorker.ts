/**
 * The other thread of the torn-read test: reads the configuration over and over until the writer is done and reports what it
 * saw. A configuration is whole when every knob holds the value its generation calls for.
 */
import { parentPort, workerData } from "node:worker_threads"
import { ConfigReader } from "../../src/hot/ConfigReader.ts"

interface Task {
  readonly buffer: SharedArrayBuffer
  readonly knobs: number
  /** [0] becomes 1 when the writer is done. */
  readonly over: SharedArrayBuffer
}

const { buffer, knobs, over } = workerData as Task
const reader = new ConfigReader(buffer, knobs)
const flag = new Int32Array(over)
const out = new Float64Array(knobs)
let reads = 0
let torn = 0
let failed = 0
let backwards = 0
let changes = 0
let last = 0

parentPort?.postMessage("running")
for (let done = false; !done; ) {
  // Looked at before reading, so that the last read sees the last version.
  done = Atomics.load(flag, 0) === 1
  const generation = reader.read(out)
  reads++
  if (generation === 0) {
    failed++
    continue
  }
  if (generation < last) backwards++
  if (generation !== last) changes++
  last = generation
  // The writer gives generation g the value g mod 1000 on all knobs.
  for (let i = 0; i < knobs; i++) if (out[i] !== generation % 1000) torn++
}
parentPort?.postMessage({ reads, torn, failed, backwards, changes, last, retries: reader.retries })
