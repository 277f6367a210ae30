/** Starts an engine with `state`, says how it stands, and ends. Started by a test: `node startedEngine.ts <directory>`. */
import { createEngine } from "../../src/index.node.ts"
import { knobs } from "../runtime/plant.ts"

const engine = createEngine({ params: knobs, clock: "manual", state: process.argv[2] })
await engine.start()
const { mode, safeMode, fault } = engine.getSnapshot()
process.stdout.write(JSON.stringify({ mode, safeMode, fault }))
process.exit()
