/** The other thread of the benchmark: reports a window, and measures until it can read a new configuration. */
import { parentPort, workerData } from "node:worker_threads"
import { attachEngine } from "arqon/node"
import { settled } from "./settled.ts"

const { shared, live, decisions } = workerData as {
  readonly shared: Parameters<typeof attachEngine>[0] | null
  readonly live: SharedArrayBuffer
  readonly decisions: number
}
const word = new Int32Array(live)
const engine = shared === null ? null : attachEngine(shared)
const generation = (): number => engine?.generation ?? Atomics.load(word, 0)
const report = (objective: number): void => {
  if (engine === null) parentPort?.postMessage({ objective })
  else engine.observe({ objective })
}

const latencies: Array<number> = []
while (latencies.length < decisions) {
  const before = settled(generation)
  const objective = 1 + Math.sin(before * 7)
  for (let i = 0; i < 4; i++) report(objective)
  settled(generation)
  const sent = performance.now()
  report(objective)
  // Digests inline may have been of another generation: then there is nothing to wait for.
  while (generation() === before && performance.now() - sent < 300) Atomics.wait(word, 0, -1, 0)
  if (generation() !== before) latencies.push((performance.now() - sent) * 1000)
}
parentPort?.postMessage({ latencies })
