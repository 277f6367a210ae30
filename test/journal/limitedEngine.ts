/**
 * Runs an engine with `state` and says how it stands, in JSON, each time that it has taken some digests. Started by a test under a limit
 * on the size of files: `node limitedEngine.ts <directory>`.
 */
import { createEngine } from "../../src/index.node.ts"
import { drive, knobs } from "../engine/plant.ts"

const engine = createEngine({
  params: knobs,
  seed: 3,
  clock: "manual",
  state: process.argv[2],
  runId: "limited",
})
await engine.start()
let next = 0
const said: Array<object> = []
for (let i = 0; i < 20; i++) {
  next = drive(engine, { digests: 500, from: next })
  const { mode, audit } = engine.getSnapshot()
  said.push({
    mode,
    written: audit.written,
    failures: audit.sinks[0].failures,
    lastError: audit.sinks[0].lastError,
  })
}
await engine.stop()
process.stdout.write(JSON.stringify(said))
