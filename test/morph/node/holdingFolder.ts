/** Holds the state folder that it is given until it is killed. */
import { writeSync } from "node:fs"
import { openStateFolder } from "../../../src/morph/node/stateFolder.ts"

await openStateFolder(process.argv[2], "neural 2-8-2 tanh", 0)
writeSync(1, "open\n")
setInterval(() => {}, 60_000)
