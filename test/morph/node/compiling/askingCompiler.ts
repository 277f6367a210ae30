/** Asks a compiling process for a kernel, and may be killed by it: `node askingCompiler.ts <folder> <blueprint>`. */
import { CompilerProcess } from "../../../../src/morph/node/compiling/CompilerProcess.ts"
import { DYING, keyFor } from "./keys.ts"

const [directory, blueprint] = process.argv.slice(2)
const compiler = new CompilerProcess({ directory, entry: DYING })
await compiler.compile(keyFor(blueprint))
await compiler.close()
