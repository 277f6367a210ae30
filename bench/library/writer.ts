/** Stores kernels in a library until it is killed: `node writer.ts <folder> <first number>`. */
import { writeSync } from "node:fs"
import { openLibrary } from "../../src/morph/node/library/openLibrary.ts"
import { artifactOf, keyOf } from "./artifacts.ts"

const [folder, first] = process.argv.slice(2)
const library = openLibrary(folder)
for (let i = Number(first); ; i++) {
  library.put(artifactOf(keyOf(`written${i}`), i))
  writeSync(1, `${i}\n`)
}
