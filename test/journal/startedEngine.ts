/**
 * Starts an engine with `state`, says how it stands or why it was refused, and ends. Started by a test: `node startedEngine.ts <directory>
 * [nobody]`; as nobody it has no rights of a superuser's.
 */
import { createEngine } from "../../src/index.node.ts"
import { knobs } from "../engine/plant.ts"

const [, , state, user] = process.argv
const engine = createEngine({ params: knobs, clock: "manual", state })
if (user === "nobody" && process.getuid?.() === 0) process.setuid?.(65_534)
const said = await engine.start().then(
  () => {
    const { mode, safeMode, fault } = engine.getSnapshot()
    return { mode, safeMode, fault }
  },
  (error: unknown) => ({ refused: error instanceof Error ? error.message : String(error) }),
)
process.stdout.write(JSON.stringify(said))
process.exit()
