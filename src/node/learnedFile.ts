/**
 * The file in a state directory with what an engine has learnt. It is always whole: the old one or the new one. A disk that
 * cannot take it costs what was learnt and nothing else.
 */
import { existsSync, readFileSync, renameSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { LearnedFile } from "../runtime/Platform.ts"
import { writeAtomically } from "./atomicFile.ts"
import { makePrivateFolder } from "./privateFile.ts"

/** What it is called in its directory. */
export const LEARNED = "learned.json"

/** Whatever the disk says, the engine goes on. */
const attempt = (act: () => unknown): Effect.Effect<void> => Effect.ignore(Effect.try(act))

/** The file of a directory, made if need be. */
export function learnedFile(directory: string): LearnedFile {
  const path = join(directory, LEARNED)
  return {
    read: Effect.orElseSucceed(
      Effect.try(() => (existsSync(path) ? readFileSync(path, "utf8") : null)),
      () => null,
    ),
    write: (text) =>
      Effect.ignore(
        Effect.tryPromise(() => {
          makePrivateFolder(directory)
          return writeAtomically(path, text)
        }),
      ),
    putAside: attempt(() => renameSync(path, `${path}.unreadable`)),
  }
}
