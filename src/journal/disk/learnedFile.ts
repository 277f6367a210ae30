/**
 * The file in a state directory with what an engine has learned. It is always whole: the old one or the new one. A disk that
 * cannot take it costs what was learned and nothing else.
 */
import { readFileSync, renameSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { LearnedFile } from "../../engine/contract/Platform.ts"
import { writeAtomically } from "../../system/atomicFile.ts"
import { messageOf } from "../../system/messageOf.ts"
import { makePrivateFolder } from "../../system/privateFile.ts"

/** What it is called in its directory. */
export const LEARNED = "learned.json"

/** The text of a file; null where there is none. */
function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8")
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null
    throw cause
  }
}

/** The file of a directory, made if need be. */
export function learnedFile(directory: string): LearnedFile {
  const path = join(directory, LEARNED)
  return {
    read: Effect.try({ try: () => textOf(path), catch: messageOf }),
    write: (text) =>
      Effect.ignore(
        Effect.tryPromise(() => {
          makePrivateFolder(directory)
          return writeAtomically(path, text)
        }),
      ),
    putAside: Effect.try({ try: () => renameSync(path, `${path}.unreadable`), catch: messageOf }),
  }
}
