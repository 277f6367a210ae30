/** Files that a command makes: whole or not at all. */
import { realPath, writeAtomically } from "../atomicFile.ts"
import { causeText, StateFileError } from "../StateFileError.ts"
import { shortPath } from "./paths.ts"

export async function writeDocument(path: string, text: string): Promise<void> {
  try {
    await writeAtomically(realPath(path), text)
  } catch (cause) {
    throw new StateFileError({ reason: "write", path: shortPath(path), detail: causeText(cause) })
  }
}
