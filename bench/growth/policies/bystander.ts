/** A thread for the benchmark that spins while its word says so, and sleeps otherwise. */
import { workerData } from "node:worker_threads"

const words = new Int32Array(workerData as SharedArrayBuffer)
for (;;) {
  Atomics.wait(words, 0, 0)
  while (Atomics.load(words, 0) === 1);
}
