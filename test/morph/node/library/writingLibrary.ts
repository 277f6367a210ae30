/** Stores kernels in a library, as other processes do at the same time: `node writingLibrary.ts <folder> <name> <count>`. */
import { writeSync } from "node:fs"
import { openLibrary } from "../../../../src/morph/node/library/openLibrary.ts"
import { artifact } from "../../library/artifacts.ts"

const [folder, name, count] = process.argv.slice(2)
const library = openLibrary(folder)
for (let i = 0; i < Number(count); i++) {
  // Every second one is wanted by all, with bytes of each one's own.
  const [blueprint, content] = i % 2 === 0 ? [`shared-${i}`, `${name} ${i}`] : [`${name}-${i}`, `own ${i}`]
  const { wasm, id } = library.put(artifact(blueprint, {}, content))
  writeSync(1, `${id} ${wasm}\n`)
}
await library.close()
