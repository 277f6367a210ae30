/**
 * An engine in system time with `state`, that tunes as fast as it can and sets baselines on its way; says on a line each how
 * many records it has made. Runs until it is killed. Started by a test: `node stateEngine.ts <directory>`.
 */
import { writeSync } from "node:fs"
import { createEngine } from "../../src/index.node.ts"
import { bowl, knobs, wobble } from "../engine/plant.ts"

const engine = createEngine({
  params: knobs,
  seed: 7,
  tickUs: 1000,
  window: { us: 20_000, settleUs: 0 },
  guardrails: { preset: "aggressive", minIntervalUs: 1000, appliesPerSecond: 1000 },
  state: process.argv[2],
  journal: { sync: "batch", segmentBytes: 20_000 },
})
await engine.start()

let i = 0
const work = (): void => {
  for (let j = 0; j < 5; j++) engine.observe({ objective: bowl(engine.values) + wobble(i++, 0.01) })
  if (i % 300 === 0) engine.setBaseline()
  writeSync(1, `${engine.audit.state().written}\n`)
  setImmediate(work)
}
work()
