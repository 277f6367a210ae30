/**
 * The file that a path of SQLite leads to. The lock of a single runner and the write-ahead log lie beside the file, so every path to it must
 * come to one name.
 */
import { lstatSync, readlinkSync, realpathSync, statSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import { StorageError } from "../StorageError.ts"

/** As many as Linux follows. */
const MOST_LINKS = 40

/** Follows links. The file itself may be missing. Throws a StorageError, or what the system says. `storage`: its name for people. */
export function databaseFile(path: string, storage: string): string {
  const file = linkedFile(path)
  const names = statSync(file, { throwIfNoEntry: false })?.nlink ?? 1
  if (names > 1)
    throw new StorageError({
      reason: "failed",
      storage,
      detail: `the file has ${names} names (hard links), and SQLite keeps its lock and its log beside one of them. Remove the other name, or copy the file.`,
    })
  return file
}

/** SQLite makes the file at the end of a dangling link, so that end is what counts. */
function linkedFile(path: string): string {
  let at = path
  for (let links = 0; links < MOST_LINKS; links++) {
    const plain = join(realpathSync.native(dirname(at)), basename(at))
    const found = lstatSync(plain, { throwIfNoEntry: false })
    if (found === undefined) return plain
    // Where case does not count, the file has one spelling.
    if (!found.isSymbolicLink()) return realpathSync.native(plain)
    at = resolve(dirname(plain), readlinkSync(plain))
  }
  throw Object.assign(new Error("too many links"), { code: "ELOOP" })
}
