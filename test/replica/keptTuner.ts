/** A tuner with `state` and six replicas in one process; says on a line each where it stands. Started by a test: `node keptTuner.ts <folder>`. */
import { writeSync } from "node:fs"
import { createReplica, createTuner } from "../../src/replica/index.node.ts"

const params = { batch: { min: 1, max: 101, initial: 21 } }
const tuner = createTuner({
  name: "t",
  engine: { params, guardrails: { preset: "aggressive", rangePerMinute: 1, pathPerMinute: 100 } },
  replicas: { reportMs: 100 },
  state: process.argv[2],
})
await tuner.start()
const replicas = Array.from({ length: 6 }, (_, i) =>
  createReplica({ tuner: "t", at: tuner, params, name: `pod-${i}` }),
)
await Promise.all(replicas.map((one) => one.start()))
const working = setInterval(() => {
  for (const one of replicas) one.observe({ objective: ((one.values.batch - 71) / 100) ** 2 })
  const { epoch, cycles, base } = tuner.status()
  writeSync(1, `${JSON.stringify({ epoch, cycles, base: base["batch"] })}\n`)
}, 5)
process.once("SIGTERM", () => {
  clearInterval(working)
  for (const one of replicas) void one.stop()
  void tuner.stop()
})
