/** Files that a command makes: whole or not at all. */
import { writeAtomicallyBy } from "../system/atomicFile.ts"
import { plainPath } from "../system/privateFile.ts"
import { causeText, isSystemError, StateFileError } from "../system/StateFileError.ts"
import { shortPath } from "../system/paths.ts"

/** What a command was asked to write is for others too: the umask says who may read it. */
const MODE = 0o666

export const writeDocument = (path: string, text: string): Promise<void> =>
  writeDocumentBy(path, (write) => write(text))

/** The same, piece by piece. What `fill` throws is thrown, and nothing is left of the file. */
export async function writeDocumentBy<T>(
  path: string,
  fill: (write: (text: string) => Promise<void>) => Promise<T>,
): Promise<T> {
  try {
    return await writeAtomicallyBy(plainPath(path), fill, MODE)
  } catch (cause) {
    if (!isSystemError(cause)) throw cause
    throw new StateFileError({ reason: "write", path: shortPath(path), detail: causeText(cause) })
  }
}
