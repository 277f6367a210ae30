/** Files that a command makes: whole or not at all. */
import { realPath, writeAtomicallyBy } from "../atomicFile.ts"
import { causeText, isSystemError, StateFileError } from "../StateFileError.ts"
import { shortPath } from "./paths.ts"

export const writeDocument = (path: string, text: string): Promise<void> =>
  writeDocumentBy(path, (write) => write(text))

/** The same, piece by piece. What `fill` throws is thrown, and nothing is left of the file. */
export async function writeDocumentBy<T>(
  path: string,
  fill: (write: (text: string) => Promise<void>) => Promise<T>,
): Promise<T> {
  try {
    return await writeAtomicallyBy(realPath(path), fill)
  } catch (cause) {
    if (!isSystemError(cause)) throw cause
    throw new StateFileError({ reason: "write", path: shortPath(path), detail: causeText(cause) })
  }
}
