/**
 * A producer of the lane's tests: pushes digests whose every channel is the same number, so that a mixture of two is seen.
 * Channel 0 says who pushed, the others count from 1.
 */
import { parentPort, workerData } from "node:worker_threads"
import { DigestLanes } from "../../src/hot/DigestLanes.ts"

interface Task {
  readonly buffer: SharedArrayBuffer
  readonly capacity: number
  readonly policy: number
  readonly producer: number
  /** Infinity: until it is terminated. */
  readonly count: number
  /** [0]: begin when it is 1. */
  readonly gate: SharedArrayBuffer
}

const { buffer, capacity, policy, producer, count, gate } = workerData as Task
const lane = new DigestLanes(buffer, capacity, policy)
const go = new Int32Array(gate)
parentPort?.postMessage("ready")
Atomics.wait(go, 0, 0)
const outcomes = [0, 0, 0]
for (let i = 1; i <= count; i++) {
  lane.inbox.fill(i)
  lane.inbox[0] = producer
  outcomes[lane.push()]++
}
parentPort?.postMessage(outcomes)
